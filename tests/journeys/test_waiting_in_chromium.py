"""A customer who pays by a code, and one who approves in their bank's app, in a real browser."""

import json
import re
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import fill_card
from tests.journeys.readable import check_fits, check_readable
from tests.journeys.shop import Shop, arrives, visit


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(viewport={"width": 390, "height": 900})
    yield found
    found.close()


def picks(page: Page, method: str, **fields: str) -> None:
    """Choose a method in Stripe's form, fill it in and press the button."""
    frame = page.frame_locator("#payment-element iframe")
    frame.get_by_label(method).check()
    for label, text in fields.items():
        frame.get_by_label(re.compile(label, re.I)).fill(text)
    page.locator("#submit").click()


def acts(shop: Shop, page: Page, result: str) -> None:
    """What the customer does away from the page: at a till, or in their bank's app."""
    intent = page.locator("#waiting").get_attribute("data-intent")
    body = json.dumps({"payment_intent": intent, "result": result}).encode()
    url = f"{shop.app.settings.sandbox_url}/_sandbox/next-action"
    with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})):
        pass


def closes(page: Page) -> None:
    """Close what Stripe.js shows: from here the customer acts by themselves."""
    page.get_by_role("dialog", name="How to pay").get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    assert "payment_intent" not in page.url


def test_a_code_is_shown_kept_and_given_up_for_a_card(context: BrowserContext, shop: Shop) -> None:
    token = shop.invoice(currency="JPY")
    first, second = visit(context, shop, token), visit(context, shop, token)
    picks(first, "Konbini", holder="Aya Sato", email="aya@customer.example")
    closes(first)
    check_fits(first)
    check_readable(first)
    with context.expect_page() as opened:
        first.get_by_role("link", name="Show the payment code").click()
    expect(opened.value.get_by_text("Pay at a convenience store")).to_be_visible()
    fill_card(second, "4242424242424242")
    second.locator("#submit").click()
    expect(second.locator("#message")).to_contain_text("waits for you to make it")
    expect(second.locator("#submit")).to_be_disabled()
    second.reload()
    second.get_by_role("button", name="Pay another way instead").click()
    expect(second.get_by_text("You can choose another way to pay now")).to_be_visible()
    fill_card(second, "4242424242424242")
    second.locator("#submit").click()
    arrives(second)
    assert shop.charged(shop.number) == [8250]
    first.bring_to_front()
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(first.get_by_role("heading", name="This invoice is paid")).to_be_visible()


def test_an_approval_refused_says_so_and_one_given_arrives_by_itself(
    context: BrowserContext, shop: Shop
) -> None:
    token = shop.invoice()
    page = visit(context, shop, token)
    picks(page, "PayTo", payid="aya@customer.example")
    closes(page)
    expect(page.get_by_text("Please approve the payment in your bank's app")).to_be_visible()
    check_fits(page)
    check_readable(page)
    acts(shop, page, "declined")
    expect(page.get_by_text("The payment was not made")).to_be_visible()
    expect(page.locator("#submit")).to_be_enabled()
    picks(page, "PayTo", payid="aya@customer.example")
    closes(page)
    acts(shop, page, "paid")
    expect(page.get_by_role("heading", name="This invoice is paid")).to_be_visible()
    assert shop.charged(shop.number) == [8250]


def test_without_scripts_the_code_is_readable_and_can_be_given_up(browser: Browser, shop: Shop) -> None:
    token = shop.invoice(currency="JPY")
    shop.pays(token, "konbini")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shop.link(token))
    expect(page.get_by_text("Your payment code is ready")).to_be_visible()
    assert "please reload this page" in page.content()
    page.get_by_role("button", name="Pay another way instead").click()
    expect(page.get_by_text("You can choose another way to pay now")).to_be_visible()
    context.close()


def test_an_approval_that_takes_long_says_that_the_page_can_be_left(
    context: BrowserContext, shop: Shop
) -> None:
    token = shop.invoice()
    shop.pays(token, "payto")
    page = context.new_page()
    page.clock.install()
    page.goto(shop.link(token))
    expect(page.get_by_role("heading", name="Waiting for your payment")).to_be_visible()
    expect(page.locator("#late")).to_be_hidden()
    page.clock.fast_forward("01:10")
    expect(page.locator("#late")).to_be_visible()
