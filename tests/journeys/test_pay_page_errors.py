"""What Stripe.js may answer when a payment did not work: it is read by intent and code, not by type."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.journeys.shop import TIMEOUT, Shop

STAND_IN = """
window.Stripe = () => ({
  elements: () => ({
    create: () => ({ on(name, told) { if (name === "ready") setTimeout(told); }, mount() {} }),
    update() {},
    submit: async () => ({}),
  }),
  confirmPayment: async () => (%s),
});
"""
UNAUTHENTICATED = "We are unable to authenticate your payment method."


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 1400})
    yield context.new_page()
    context.close()


def pays(page: Page, shop: Shop, error: dict[str, object]) -> list[str]:
    """Have the customer press the button, Stripe.js answer so, and the page say something.

    Returns what it asked our server on the way.
    """
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            asked.append(request.url.rpartition("/")[2])

    page.route(
        "**/stripe.js",
        lambda route: route.fulfill(
            body=STAND_IN % json.dumps({"error": error}), content_type="text/javascript"
        ),
    )
    page.on("request", note)
    page.goto(shop.link(shop.invoice()))
    expect(page.locator("#submit")).to_be_enabled(timeout=TIMEOUT)
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_be_visible(timeout=TIMEOUT)
    return asked


@pytest.mark.parametrize(
    "error",
    [
        {
            "type": "invalid_request_error",
            "code": "payment_intent_authentication_failure",
            "payment_intent": {"status": "requires_payment_method"},
        },
        {"type": "invalid_request_error", "code": "payment_intent_authentication_failure"},
        {"type": "card_error", "code": "payment_intent_authentication_failure"},
        {
            "type": "card_error",
            "code": "card_declined",
            "payment_intent": {"status": "requires_payment_method"},
        },
        {"type": "validation_error"},
        {"type": "a_type_to_come", "payment_intent": {"status": "requires_payment_method"}},
    ],
)
def test_what_was_not_paid_for_certain_is_explained_in_stripes_words(
    page: Page, shop: Shop, error: dict[str, object]
) -> None:
    assert pays(page, shop, error | {"message": UNAUTHENTICATED}) == ["create-payment"]
    expect(page.get_by_role("alert")).to_have_text(UNAUTHENTICATED)
    expect(page.locator("#submit")).to_be_enabled()


@pytest.mark.parametrize(
    "error",
    [
        {"type": "card_error", "payment_intent": {"status": "succeeded"}},
        {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"},
        {
            "type": "invalid_request_error",
            "code": "payment_intent_authentication_failure",
            "payment_intent": {"status": "processing"},
        },
        {"type": "api_connection_error"},
        {},
    ],
)
def test_where_money_may_have_moved_the_server_is_asked(
    page: Page, shop: Shop, error: dict[str, object]
) -> None:
    assert pays(page, shop, error | {"message": "No."}) == ["create-payment", "confirm-payment"]
    expect(page.get_by_role("alert")).to_contain_text("did not go through")
