"""The sandbox's stand-in for Stripe.js on a page of its own: what it offers, and payments made elsewhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
from playwright.sync_api import Browser, FrameLocator, Page, expect

from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.sandbox_api import ACCOUNT, Api, opened

MOUNT = """
(settings) => new Promise((resolve) => {
  window.stripe = window.Stripe("pk_test_sandbox", { stripeAccount: "acct_sandbox" });
  window.elements = window.stripe.elements({ mode: "payment", ...settings });
  const element = window.elements.create("payment");
  element.on("ready", () => resolve("ready"));
  element.on("loaderror", (event) => resolve(event.error.message));
  element.mount("#element");
})
"""
CONFIRM = """
async (clientSecret) => {
  window.result = undefined;
  const { error } = await window.elements.submit();
  if (error) throw new Error(error.message);
  const asked = { elements: window.elements, clientSecret, redirect: "if_required" };
  window.stripe.confirmPayment(asked).then((result) => { window.result = result; });
}
"""


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with opened(sandbox) as api:
        yield api


@pytest.fixture
def shop(browser: Browser, sandbox: SandboxServer) -> Iterator[Callable[..., Page]]:
    """A page with the element, as these settings make it."""
    context = browser.new_context()

    def made(**settings: Any) -> Page:
        page = context.new_page()
        # A page of this machine: the browser keeps others from loading a script from here.
        page.goto(f"{sandbox.url}/healthz")
        page.evaluate("document.body.innerHTML = '<div id=element></div>'")
        page.add_script_tag(url=f"{sandbox.url}/v3/")
        assert page.evaluate(MOUNT, settings) == "ready"
        return page

    yield made
    context.close()


def fields(page: Page) -> FrameLocator:
    return page.frame_locator("#element iframe")


def confirm(page: Page, intent: stripe.PaymentIntent) -> None:
    page.evaluate(CONFIRM, intent.client_secret)


def result(page: Page) -> dict[str, Any]:
    page.wait_for_function("window.result !== undefined")
    found: dict[str, Any] = page.evaluate("window.result")
    return found


def voucher(page: Page) -> FrameLocator:
    return page.frame_locator("[role=dialog] iframe")


def by_konbini(shop: Callable[..., Page], api: Api) -> tuple[Page, stripe.PaymentIntent]:
    page, intent = shop(amount=12100, currency="jpy"), api.create(currency="jpy")
    fields(page).get_by_label("Konbini").check()
    fields(page).get_by_label("Account holder").fill("Ann")
    fields(page).get_by_label("Email").fill("ann@customer.example")
    confirm(page, intent)
    expect(voucher(page).get_by_role("heading", name="Pay at a convenience store")).to_be_visible()
    return page, intent


def test_a_closed_voucher_leaves_the_payment_waiting(shop: Callable[..., Page], api: Api) -> None:
    page, intent = by_konbini(shop, api)
    page.get_by_role("button", name="Close").click()
    shown = result(page)["paymentIntent"]
    assert (shown["status"], shown["next_action"]["type"]) == ("requires_action", "konbini_display_details")
    assert api.get(intent.id).status == "requires_action"


def test_a_voucher_that_is_paid_at_once_is_reported_so(shop: Callable[..., Page], api: Api) -> None:
    page, _ = by_konbini(shop, api)
    voucher(page).get_by_role("button", name="Pay", exact=True).click()
    assert result(page)["paymentIntent"]["status"] == "succeeded"


def test_a_voucher_that_is_not_paid_is_an_error(shop: Callable[..., Page], api: Api) -> None:
    page, intent = by_konbini(shop, api)
    voucher(page).get_by_role("button", name="Do not pay").click()
    assert result(page)["error"]["code"] == "payment_intent_payment_attempt_expired"
    assert api.get(intent.id).status == "requires_payment_method"


def test_payto_is_approved_in_the_bank_s_app(shop: Callable[..., Page], api: Api) -> None:
    page = shop(amount=12100, currency="aud")
    fields(page).get_by_label("PayTo").check()
    fields(page).get_by_label("PayID").fill("ann@customer.example")
    confirm(page, api.create())
    voucher(page).get_by_role("button", name="Pay, with the money arriving later").click()
    assert result(page)["paymentIntent"]["status"] == "processing"


def test_a_failed_3ds_check_is_no_card_error(shop: Callable[..., Page], api: Api) -> None:
    page = shop(amount=12100, currency="aud", paymentMethodTypes=["card"])
    for label, value in (("Card number", "4000002500003155"), ("Expiration", "12/34"), ("Security", "123")):
        fields(page).get_by_label(label).fill(value)
    confirm(page, api.create())
    page.frame_locator("[role=dialog] iframe").get_by_role("button", name="Fail authentication").click()
    error = result(page)["error"]
    assert (error["type"], error["code"]) == (
        "invalid_request_error",
        "payment_intent_authentication_failure",
    )


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ({"currency": "aud"}, ["card", "au_becs_debit", "payto"]),
        ({"currency": "aud", "excludedPaymentMethodTypes": ["payto"]}, ["card", "au_becs_debit"]),
        ({"currency": "mxn"}, ["card", "oxxo"]),
        ({"currency": "eur"}, ["card", "multibanco"]),
        ({"currency": "eur", "paymentMethodTypes": ["card"]}, []),
        ({"currency": "usd"}, []),
    ],
)
def test_the_element_offers_what_the_intent_will_allow(
    shop: Callable[..., Page], settings: dict[str, Any], kinds: list[str]
) -> None:
    page = shop(amount=12100, **settings)
    radios = fields(page).locator("input[name=kind]:visible")
    expect(radios).to_have_count(len(kinds))
    assert [radio.get_attribute("value") for radio in radios.all()] == kinds


def test_a_kind_that_the_intent_excludes_is_refused(shop: Callable[..., Page], api: Api) -> None:
    page = shop(amount=12100, currency="aud")
    fields(page).get_by_label("PayTo").check()
    fields(page).get_by_label("PayID").fill("ann@customer.example")
    intent = api.create(excluded_payment_method_types=["payto"])
    confirm(page, intent)
    assert "not allowed" in result(page)["error"]["message"]
    assert (
        api.client.v1.payment_intents.retrieve(intent.id, options=ACCOUNT).status == "requires_payment_method"
    )
