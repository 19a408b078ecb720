"""With real keys the page loads Stripe's addresses under the production CSP; here the sandbox answers."""

import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Route, expect
from pydantic import SecretStr

from paymail.gateway import StripeConfig, StripeGateway
from paymail.sandbox.server import SandboxServer
from paymail.settings import Settings
from paymail.web.app import create_app
from paymail.wiring import App, build
from tests.conftest import free_port, wait_for_port
from tests.factories import make_invoice
from tests.journeys.conftest import fill_card

STRIPE = ("https://js.stripe.com/**", "https://api.stripe.com/**", "https://hooks.stripe.com/**")


@pytest.fixture
def served(settings: Settings, sandbox: SandboxServer) -> Iterator[tuple[App, str]]:
    """The application as with Stripe's own keys, but for the address that the SDK speaks to."""
    port = free_port()
    real = settings.model_copy(
        update={"stripe_secret_key": SecretStr("sk_test_real"), "public_url": f"http://127.0.0.1:{port}"}
    )
    app = build(real)
    config = StripeConfig("sk_test_sandbox", ("whsec_sandbox",), sandbox.url, 5.0)
    object.__setattr__(app, "gateway", StripeGateway(config, app.now))
    with app.transaction() as session:
        token = make_invoice(session).payment_token
    server = uvicorn.Server(uvicorn.Config(create_app(app), port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for_port(port)
    yield app, f"http://127.0.0.1:{port}/pay/{token}"
    server.should_exit = True
    thread.join()
    app.close()


def test_a_card_pays_under_the_production_policy(
    browser: Browser, served: tuple[App, str], sandbox: SandboxServer
) -> None:
    _app, link = served
    context = browser.new_context()
    asked: set[str] = set()
    scripts: list[str] = []

    def answer(route: Route) -> None:
        host, _, path = route.request.url.removeprefix("https://").partition("/")
        asked.add(host)
        if host == "js.stripe.com" and route.request.resource_type == "script" and "elements" not in path:
            scripts.append(route.request.url)
        route.fulfill(response=route.fetch(url=f"{sandbox.url}/{path}"))

    for pattern in STRIPE:
        context.route(pattern, answer)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    response = page.goto(link)
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert "https://js.stripe.com" in policy
    assert "127.0.0.1" not in policy
    expect(page.locator("#submit")).to_be_enabled(timeout=45_000)
    fill_card(page, "4242424242424242")
    page.locator("#submit").click()
    expect(page.get_by_text("Thank you, your payment has arrived")).to_be_visible(timeout=45_000)
    assert {"js.stripe.com", "api.stripe.com"} <= asked
    assert scripts == ["https://js.stripe.com/endive/stripe.js"]
    assert faults == []
    context.close()
