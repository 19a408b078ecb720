"""Paying when things go wrong, or are done twice: what the page says, and what is charged."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from paymail.money import STRIPE_MAXIMUM
from paymail.ports.payments import Intent
from paymail.services.ledger.attempts import live_attempt
from paymail.services.payments.checkout import start_payment
from tests.journeys import shop as shops
from tests.journeys.conftest import fill_card
from tests.journeys.shop import CARD, TIMEOUT, Shop, arrives, visit


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(viewport={"width": 390, "height": 1400})
    said: list[str] = []
    found.on("console", lambda message: said.append(message.text))
    found.on("weberror", lambda error: said.append(f"uncaught: {error.error}"))
    yield found
    found.close()
    assert [text for text in said if "Security Policy" in text or text.startswith("uncaught")] == []


def test_a_decline_and_a_failed_challenge_are_explained_then_a_card_pays(
    context: BrowserContext, shop: Shop
) -> None:
    page = visit(context, shop, shop.invoice())
    fill_card(page, "4000000000000002")
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_contain_text("declined", timeout=TIMEOUT)
    expect(page.locator("#submit")).to_be_focused()
    for button in ("fail", "complete"):
        fill_card(page, "4000002500003155")
        page.locator("#submit").click()
        frame = page.frame_locator("iframe[title^=Authenticate]")
        frame.get_by_role("button", name=re.compile(button, re.I)).first.click(timeout=TIMEOUT)
        if button == "fail":
            expect(page.get_by_role("alert")).to_contain_text("authenticate", timeout=TIMEOUT)
    arrives(page)
    assert shop.charged(shop.number) == [8250]


def test_another_amount_is_kept_within_its_bounds_and_charged(context: BrowserContext, shop: Shop) -> None:
    token = shop.invoice()
    shop.parts()
    page = visit(context, shop, token)
    page.get_by_label("Another amount").first.check()
    amount = page.locator("#other-amount")
    expect(amount).to_be_focused()
    for wrong in ("", "9.99", "82.51", "82.40"):
        amount.fill(wrong)
        page.locator("#submit").click()
        expect(page.get_by_role("alert")).to_contain_text("This amount cannot be paid")
        expect(page.locator("#submit")).not_to_have_text("Paying…")
    amount.fill("50")
    amount.blur()
    expect(page.locator("#submit")).to_have_text("Pay AUD $50.00")
    expect(page.get_by_role("alert")).to_be_hidden()
    fill_card(page, CARD)
    page.locator("#submit").click()
    arrives(page)
    page.get_by_role("link", name="View the updated invoice").click()
    expect(page.locator("#amount")).to_have_text("AUD $32.50")
    assert shop.charged(shop.number) == [5000]


def test_who_has_a_plan_may_pay_the_whole_instead(context: BrowserContext, shop: Shop) -> None:
    page = visit(context, shop, shops.plan(shop))
    expect(page.locator("#submit")).to_have_text("Pay AUD $27.50")
    page.get_by_label("Full balance").check()
    expect(page.locator("#submit")).to_have_text("Pay AUD $55.00")
    fill_card(page, CARD)
    page.locator("#submit").click()
    arrives(page)
    expect(page.get_by_text("Thank you. There is nothing left to pay.")).to_be_visible()
    assert shop.charged(shop.number) == [2750, 5500]


def test_who_pays_an_instalment_sees_the_plan_as_it_stands_now(context: BrowserContext, shop: Shop) -> None:
    page = visit(context, shop, shops.plan(shop))
    expect(page.locator(".plan .done")).to_have_count(1)
    fill_card(page, CARD)
    page.locator("#submit").click()
    arrives(page)
    expect(page.locator(".plan .done")).to_have_count(2)
    expect(page.locator("#done")).to_contain_text("The next instalment, AUD $27.50, is due on")
    expect(page.locator("#done")).to_be_focused()


def choose(page: Page, amount: str) -> None:
    page.get_by_label("Another amount").first.check()
    page.locator("#other-amount").fill(amount)
    page.locator("#other-amount").blur()
    expect(page.locator("#submit")).to_have_text(f"Pay AUD ${amount}.00")
    expect(page.locator("#submit")).to_be_enabled(timeout=TIMEOUT)


@pytest.mark.parametrize("last_opened", [0, 1])
def test_of_two_windows_the_one_that_pays_charges_what_it_shows(
    context: BrowserContext, shop: Shop, last_opened: int
) -> None:
    token = shop.invoice()
    shop.parts()
    whole, part = visit(context, shop, token), visit(context, shop, token)
    choose(part, "20")
    payer, other, due = ((whole, part, 8250), (part, whole, 2000))[last_opened]
    fill_card(payer, CARD)
    payer.locator("#submit").click()
    arrives(payer)
    assert shop.charged(shop.number) == [due]
    fill_card(other, CARD)
    other.locator("#submit").click()
    expect(other.get_by_role("alert")).to_be_visible(timeout=TIMEOUT)
    assert shop.charged(shop.number) == [due]


def test_another_window_that_pays_while_stripe_is_asked_changes_no_charge(
    context: BrowserContext, shop: Shop
) -> None:
    token = shop.invoice()
    shop.parts()
    page = visit(context, shop, token)
    others: list[Intent] = []

    def hold(route: Route) -> None:
        if not others:
            others.append(start_payment(shop.app.gateway_context(), token=token, amount=2000))
        route.continue_()

    fill_card(page, CARD)
    page.route("**/v1/payment_intents/*/confirm", hold)
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_contain_text("did not go through", timeout=TIMEOUT)
    assert len(others) == 1
    assert shop.charged(shop.number) == []
    page.locator("#submit").click()
    arrives(page)
    assert shop.charged(shop.number) == [8250]


def test_who_only_looks_disturbs_nobody_who_pays(context: BrowserContext, shop: Shop) -> None:
    token = shop.invoice()
    shop.parts()
    page = visit(context, shop, token)
    choose(page, "20")
    with shop.app.reading() as session:
        assert live_attempt(session, invoice_id=shop.number) is None
    fill_card(page, "4000002500003155")
    page.locator("#submit").click()
    frame = page.frame_locator("iframe[title^=Authenticate]")
    expect(frame.get_by_role("button").first).to_be_visible(timeout=TIMEOUT)
    visit(context, shop, token)
    frame.get_by_role("button", name=re.compile("complete", re.I)).first.click()
    arrives(page)
    assert shop.charged(shop.number) == [2000]


def test_a_choice_that_the_browser_restored_is_shown_before_it_is_paid(
    context: BrowserContext, shop: Shop
) -> None:
    token = shops.plan(shop)
    page = visit(context, shop, token)
    fill_card(page, CARD)
    page.evaluate("document.querySelectorAll('input[name=part]')[1].checked = true")
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_contain_text("The amount has changed")
    expect(page.locator("#submit")).to_have_text("Pay AUD $55.00")
    page.locator("#submit").click()
    arrives(page)
    assert shop.charged(shop.number) == [2750, 5500]


@pytest.mark.parametrize("parts", [False, True])
def test_a_balance_that_staff_changed_is_looked_at_before_it_is_paid(
    context: BrowserContext, shop: Shop, parts: bool
) -> None:
    token = shop.invoice()
    if parts:
        shop.parts()
    page = visit(context, shop, token)
    shop.transfers(3000)
    fill_card(page, CARD)
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_contain_text("This invoice has changed", timeout=TIMEOUT)
    expect(page.locator("#submit")).to_be_disabled()
    assert shop.charged(shop.number) == [3000]


def test_an_instalment_that_was_paid_in_one_window_is_not_paid_by_the_other(
    context: BrowserContext, shop: Shop
) -> None:
    token = shops.plan(shop)
    one, other = visit(context, shop, token), visit(context, shop, token)
    for page in (one, other):
        fill_card(page, CARD)
    one.locator("#submit").click()
    arrives(one)
    other.locator("#submit").click()
    expect(other.get_by_role("alert")).to_contain_text("This invoice has changed", timeout=TIMEOUT)
    assert shop.charged(shop.number) == [2750, 2750]


def test_a_restored_choice_without_its_amount_asks_for_one(context: BrowserContext, shop: Shop) -> None:
    token = shop.invoice()
    shop.parts()
    page = visit(context, shop, token)
    page.evaluate("document.getElementById('other').checked = true")
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_contain_text("This amount cannot be paid")
    expect(page.locator("#submit")).to_have_text("Pay AUD $82.50")
    choose(page, "20")


def test_what_is_too_much_for_a_card_can_be_paid_in_parts(context: BrowserContext, shop: Shop) -> None:
    token = shop.invoice(total=STRIPE_MAXIMUM + 100_000)
    shop.parts()
    page = visit(context, shop, token)
    expect(page.get_by_label("Another amount").first).to_be_checked()
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_contain_text("This amount cannot be paid")
    choose(page, "50")
    fill_card(page, CARD)
    page.locator("#submit").click()
    arrives(page)
    assert shop.charged(shop.number) == [5000]


def test_a_double_click_charges_once(context: BrowserContext, shop: Shop) -> None:
    page = visit(context, shop, shop.invoice())
    fill_card(page, CARD)
    page.locator("#submit").dblclick()
    arrives(page)
    assert shop.charged(shop.number) == [8250]


def test_a_bank_debit_is_clearing_and_nothing_more_can_be_paid(context: BrowserContext, shop: Shop) -> None:
    token = shop.invoice()
    page = visit(context, shop, token)
    frame = page.frame_locator("#payment-element iframe")
    frame.get_by_label("BECS Direct Debit").check()
    for label, value in (("Account holder", "Ann"), ("Email", "ann@customer.example")):
        frame.get_by_label(label).fill(value)
    frame.get_by_label("BSB").fill("000-000")
    frame.get_by_label("Account number").fill(shops.BECS)
    page.locator("#submit").click()
    expect(page.get_by_role("heading", name="Your payment is clearing")).to_be_visible(timeout=TIMEOUT)
    page.reload()
    expect(page.get_by_role("heading", name="Your payment is clearing")).to_be_visible()
    expect(page.locator("#submit")).to_have_count(0)


def test_a_blocked_script_is_said_and_nothing_spins(context: BrowserContext, shop: Shop) -> None:
    context.route("**/stripe.js", lambda route: route.abort())
    page = context.new_page()
    page.goto(shop.link(shop.invoice()))
    expect(page.get_by_role("alert")).to_contain_text("is not blocking Stripe")
    expect(page.locator("#loading")).to_be_hidden()
    expect(page.locator("#submit")).to_be_disabled()


def test_a_script_that_never_comes_is_said_too(context: BrowserContext, shop: Shop) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    context.route("**/stripe.js", hold)
    page = context.new_page()
    page.clock.install()
    page.goto(shop.link(shop.invoice()), wait_until="domcontentloaded")
    expect(page.locator("#loading")).to_be_visible()
    page.clock.fast_forward(30_000)
    expect(page.get_by_role("alert")).to_contain_text("is not blocking Stripe")
    held[0].continue_()
    expect(page.locator("#submit")).to_be_enabled(timeout=TIMEOUT)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_who_is_offline_is_told_before_anything_is_charged(context: BrowserContext, shop: Shop) -> None:
    page = visit(context, shop, shop.invoice())
    fill_card(page, CARD)
    context.set_offline(True)
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_contain_text("You seem to be offline")
    context.set_offline(False)
    page.locator("#submit").click()
    arrives(page)
    assert shop.charged(shop.number) == [8250]


def test_offline_once_the_money_is_taken_asks_for_patience_not_for_a_second_payment(
    context: BrowserContext, shop: Shop
) -> None:
    # Between its attempts the page waits for seconds; nobody has to wait for them here.
    context.add_init_script("const wait = setTimeout; setTimeout = (then, time) => wait(then, time / 50)")
    page = visit(context, shop, shop.invoice())
    fill_card(page, CARD)

    def taken(route: Route) -> None:
        route.fetch()
        context.set_offline(True)
        route.abort("internetdisconnected")

    page.route("**/v1/payment_intents/*/confirm", taken)
    page.locator("#submit").click()
    unsure = page.get_by_role("heading", name="We could not confirm whether your payment went through")
    expect(unsure).to_be_visible(timeout=TIMEOUT)
    expect(page.locator("#submit")).to_be_hidden()
    expect(page.locator("#unsure")).to_contain_text("Please do not pay again")
    context.set_offline(False)
    # Nobody has told the server yet: the page, which goes on asking, does.
    arrives(page)
    page.reload()
    expect(page.get_by_role("heading", name="This invoice is paid")).to_be_visible()
    assert shop.charged(shop.number) == [8250]


def test_while_the_database_is_away_the_page_goes_on_asking_and_warns_of_a_second_payment(
    context: BrowserContext, shop: Shop
) -> None:
    context.add_init_script("const wait = setTimeout; setTimeout = (then, time) => wait(then, time / 50)")
    page = visit(context, shop, shop.invoice())
    fill_card(page, CARD)
    away = {"code": "database_unavailable"}
    page.route("**/confirm-payment", lambda route: route.fulfill(status=503, json=away))
    page.locator("#submit").click()
    expect(page.locator("#unsure")).to_contain_text("Please do not pay again", timeout=TIMEOUT)
    expect(page.locator("#submit")).to_be_hidden()
    page.unroute("**/confirm-payment")
    arrives(page)
    expect(page.locator("#unsure")).to_be_hidden()
    assert shop.charged(shop.number) == [8250]


def test_a_payment_that_is_not_recorded_yet_is_not_asked_for_again(
    context: BrowserContext, shop: Shop
) -> None:
    token = shop.invoice()
    shop.takes(token)
    page = context.new_page()
    page.goto(shop.link(token))
    arrives(page)
    assert shop.charged(shop.number) == [8250]


def test_a_payment_that_was_only_begun_leaves_the_form(context: BrowserContext, shop: Shop) -> None:
    token = shop.invoice()
    start_payment(shop.app.gateway_context(), token=token)
    page = visit(context, shop, token)
    expect(page.get_by_role("alert")).to_be_hidden()
    other = visit(context, shop, token)
    shop.takes(token)
    fill_card(other, CARD)
    other.locator("#submit").click()
    expect(other.get_by_role("alert")).to_contain_text("being recorded", timeout=TIMEOUT)
    expect(other.locator("#submit")).to_be_disabled()
    assert shop.charged(shop.number) == []


def test_who_comes_back_from_the_bank_is_settled_and_leaves_no_secret_in_the_address(
    context: BrowserContext, shop: Shop
) -> None:
    token = shop.invoice()
    intent = shop.takes(token)
    page = context.new_page()
    page.goto(
        f"{shop.link(token)}?payment_intent={intent.id}&payment_intent_client_secret={intent.client_secret}"
    )
    arrives(page)
    assert page.url == shop.link(token)
    assert shop.charged(shop.number) == [8250]
