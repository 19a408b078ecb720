"""Every state of the pay page in a real browser: what it says, that it fits, that everybody can read it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import shop as shops
from tests.journeys.readable import check_fits, check_readable
from tests.journeys.shop import CARD, STATES, Shop, arrives, unfold

WORDS = {
    shops.unpaid: ("AUD $82.50", "Due "),
    shops.due_soon: ("Due in 2 days",),
    shops.overdue: ("9 days overdue",),
    shops.part_paid: ("1 day overdue", "Part paid", "AUD $20.00", "AUD $62.50", "Receipt R-"),
    shops.plan: ("Payment plan", "Instalment 2 of 3", "Next", "Amount due: AUD $27.50"),
    shops.waiting: ("Your payment code is ready", "JPY 8,250", "Show the payment code", "updates when the"),
    shops.processing: ("Clearing", "You do not need to do anything else"),
    shops.paid: ("Paid", "Bank transfer", "Visa ending 4242", "AUD $0.00", "R-", "Thank you"),
    shops.refunded: ("Refunded", "Credit note CN-"),
    shops.part_refunded: ("Part refunded", "AUD $52.50", "AUD $30.00", "Credit note CN-"),
    shops.disputed: ("Disputed", "You cannot pay here until this is resolved"),
    shops.void: ("Cancelled invoice", "VOID", "Do not pay it"),
    shops.written_off: ("Closed", "Written off", "\u2212AUD $62.50", "There is nothing to pay"),
    shops.expired: ("on file", "Southern IT Services Pty Ltd", "Your new payment link for invoice #"),
    shops.replaced: ("It was replaced on", "Southern IT Services Pty Ltd", "Email me the new link again"),
    shops.unknown: ("copy the full address",),
}
SMALLEST = 320
"""Pixels of the narrowest telephone."""
LANGUAGES = {
    "de-DE": "Teilweise bezahlt",
    "fr-FR": "Payée en partie",
    "ja-JP": "一部お支払済み",
    "ar": "مدفوعة جزئيًا",
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose console stays clean; the answer of an ended or unknown link is no fault of it."""
    context = browser.new_context(viewport={"width": 390, "height": 900})
    found = context.new_page()
    faults: list[str] = []
    found.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    found.on("pageerror", lambda error: faults.append(str(error)))
    yield found
    context.close()
    assert [fault for fault in faults if "status of 4" not in fault] == []


def ready(page: Page) -> None:
    """Unfold everything, and wait until the form can be used, where there is one."""
    unfold(page)
    if page.locator("#submit").count():
        expect(page.locator("#submit")).to_be_enabled(timeout=45_000)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_every_state_says_what_it_is_and_fits_and_can_be_read(
    page: Page, shop: Shop, state: Callable[[Shop], str]
) -> None:
    page.goto(shop.link(state(shop)))
    ready(page)
    expect(page.get_by_role("heading", name=STATES[state], exact=True)).to_be_visible()
    for words in WORDS[state]:
        expect(page.get_by_text(words).first).to_be_visible()
    assert bool(page.locator("#submit").count()) is (STATES[state] == "Payment")
    check_fits(page, SMALLEST)
    check_readable(page, flawless=True)


def test_the_page_that_verifies_a_paper_fits_and_can_be_read(page: Page, shop: Shop) -> None:
    page.goto(f"{shop.url}/verify?code=7K2MX-9QD4T")
    check_fits(page, SMALLEST)
    check_readable(page, flawless=True)
    page.get_by_label("Amount").fill("1.00")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("We have no invoice with this code and this amount")
    check_readable(page, flawless=True)


def test_something_wrong_is_said_without_scripts(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(shop.link(shops.many_lines(shop)))
    page.get_by_text("Something is wrong with this invoice").click()
    page.get_by_label("I have not received it").check()
    page.get_by_label("seat 2 \u00b7").check()
    page.get_by_label("In your words").fill("Only one came.")
    page.get_by_role("button", name="Send to Southern IT Services Pty Ltd").click()
    expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
    context.close()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_page_speaks_the_customers_language_and_fits(page: Page, shop: Shop, locale: str) -> None:
    token = shop.invoice(due_in=-3, locale=locale)
    shop.parts()
    shop.pays(token, amount=2000)
    page.goto(shop.link(token))
    ready(page)
    expect(page.get_by_text(LANGUAGES[locale])).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).direction") == ("rtl" if locale == "ar" else "ltr")
    check_fits(page, SMALLEST)
    check_readable(page, flawless=True)


@pytest.mark.parametrize("locale", ["ja-JP", "ar"])
def test_a_code_to_pay_with_is_explained_in_the_customers_language(
    page: Page, shop: Shop, locale: str
) -> None:
    token = shop.invoice(currency="JPY", locale=locale)
    shop.pays(token, "konbini")
    page.goto(shop.link(token))
    name = {"ja-JP": "別の方法で支払う", "ar": "الدفع بطريقة أخرى بدلاً من ذلك"}[locale]
    expect(page.get_by_role("button", name=name)).to_be_visible()
    check_fits(page, SMALLEST)
    check_readable(page, flawless=True)


@pytest.mark.parametrize(
    ("state", "papers"), [(shops.paid, 4), (shops.refunded, 2)], ids=["paid", "refunded"]
)
def test_each_paper_that_the_page_names_is_a_pdf(
    page: Page, shop: Shop, state: Callable[[Shop], str], papers: int
) -> None:
    page.goto(shop.link(state(shop)))
    links = page.locator("main a[href$='.pdf']")
    assert links.count() == papers
    for link in links.all():
        answer = page.request.get(f"{shop.url}{link.get_attribute('href')}")
        assert (answer.status, answer.body()[:5]) == (200, b"%PDF-")
    form = page.locator("form.papers").get_attribute("action")
    assert page.request.post(f"{shop.url}{form}").body()[:5] == b"%PDF-"


def test_an_expired_link_is_renewed_without_scripts(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shop.link(shops.expired(shop)))
    page.get_by_role("button", name="Email me a new link").click()
    expect(page.get_by_role("heading", name="Please check your inbox")).to_be_visible()
    page.goto(shop.link(shop.invoice()))
    # Chromium shows no <noscript> where its debugger has turned scripts off.
    assert "To pay online, please turn on JavaScript" in page.content()
    expect(page.locator("#payment-form")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("state", [shops.plan, shops.paid], ids=lambda state: state.__name__)
def test_what_is_printed_has_no_form_and_no_button(
    page: Page, shop: Shop, state: Callable[[Shop], str]
) -> None:
    page.goto(shop.link(state(shop)))
    ready(page)
    page.emulate_media(media="print", color_scheme="dark")
    for locator in page.locator("form, button, input, iframe, .notice").all():
        expect(locator).to_be_hidden()
    expect(page.get_by_role("heading", name="Invoice #")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 0, 0)"


def test_nothing_moves_for_who_asks_for_less_motion(page: Page, shop: Shop) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(shop.link(shops.plan(shop)))
    ready(page)
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].map(element => getComputedStyle(element)).filter(style =>
            style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0).length"""
    )
    assert moving == 0


def test_the_keyboard_alone_is_enough_from_load_to_paid(page: Page, shop: Shop) -> None:
    token = shop.invoice()
    shop.parts()
    page.goto(shop.link(token))
    ready(page)
    page.locator("input[name=part]").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#other-amount")).to_be_focused()
    page.keyboard.type("30")
    for _ in range(2):
        page.keyboard.press("Shift+Tab")
    expect(page.locator("#another summary")).to_be_focused()
    expect(page.locator("#submit")).to_have_text("Pay AUD $30.00")
    frame = page.frame_locator("#payment-element iframe")
    frame.get_by_label("Card", exact=True).focus()
    for text in (CARD, "1234", "123"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Tab")
    expect(page.locator("#submit")).to_be_focused()
    page.keyboard.press("Enter")
    arrives(page)
    expect(page.locator("#done")).to_be_focused()
    assert shop.charged(shop.number) == [3000]
