"""Where things stand on the pay page: the button above the fold, the card beside the paper, all on paper."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from paymail.models import Issuer
from tests.journeys import shop as shops
from tests.journeys.shop import TIMEOUT, Shop

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    yield found
    found.close()


def opened(context: BrowserContext, shop: Shop, token: str) -> Page:
    page = context.new_page()
    page.goto(shop.link(token))
    expect(page.locator("#submit")).to_be_enabled(timeout=TIMEOUT)
    return page


def give_account(shop: Shop) -> None:
    with shop.app.transaction() as session:
        issuer = session.scalars(select(Issuer)).one()
        issuer.bank_holder, issuer.bank_bsb, issuer.bank_number = "Southern IT", "063-000", "1000 2000"
        issuer.bank_name, issuer.bank_since = "Harbour Bank", date(2023, 7, 3)


def german(shop: Shop) -> str:
    return shops.many_lines(shop, locale="de-DE")


@pytest.mark.parametrize("case", [shops.unpaid, shops.part_paid, shops.plan, shops.many_lines, german])
def test_the_pay_button_is_above_the_fold_of_a_telephone(
    context: BrowserContext, shop: Shop, case: Callable[[Shop], str]
) -> None:
    page = opened(context, shop, case(shop))
    button = page.locator("#submit").bounding_box()
    element = page.locator("#payment-element").bounding_box()
    assert button is not None
    assert element is not None
    assert button["y"] + button["height"] < PHONE["height"]
    # What is ours above and below Stripe's form, whatever that needs: 275 px as drawn, the rest for
    # badges that take a second line, and for the note of the sandbox.
    assert button["y"] + button["height"] - element["height"] < 370


def test_the_card_stays_beside_a_long_paper(context: BrowserContext, shop: Shop) -> None:
    page = opened(context, shop, shops.many_lines(shop))
    page.set_viewport_size({"width": 1280, "height": 900})
    shops.unfold(page)
    page.mouse.wheel(0, 1500)
    page.wait_for_function("window.scrollY > 1000")
    expect(page.locator("#submit")).to_be_in_viewport(ratio=1)
    # A busy machine paints the scrolled page late.
    page.wait_for_function("Math.round(document.querySelector('.ask').getBoundingClientRect().y) === 24")
    box = page.locator(".ask").bounding_box()
    assert box is not None
    assert round(box["width"]) == 420


def test_many_lines_are_folded_and_few_are_not(context: BrowserContext, shop: Shop) -> None:
    page = opened(context, shop, shops.many_lines(shop))
    assert page.locator("details.lines[open]").count() == 0
    expect(page.get_by_text("60 lines")).to_be_visible()
    page = opened(context, shop, shop.invoice())
    expect(page.get_by_role("cell", name="Remote support")).to_be_visible()


def test_what_is_folded_is_printed(context: BrowserContext, shop: Shop) -> None:
    page = opened(context, shop, shops.many_lines(shop))
    page.emulate_media(media="print")
    height = "document.querySelector('details.lines tbody').getBoundingClientRect().height"
    page.wait_for_function(f"{height} > 1000")


def test_what_cannot_be_charged_has_no_form_and_says_why_and_how_to_pay(
    context: BrowserContext, shop: Shop
) -> None:
    page = context.new_page()
    page.goto(shop.link(shops.uncharged(shop)))
    expect(page.get_by_text("KWD 34.781 cannot be paid online")).to_be_visible()
    expect(page.get_by_text("to pay another way")).to_be_visible()
    assert page.locator("#payment-form").count() == 0
    assert page.locator("script[src*='pay.js']").count() == 0


def test_each_bank_detail_is_copied_by_its_button(browser: Browser, shop: Shop) -> None:
    context = browser.new_context(viewport=PHONE, permissions=["clipboard-read", "clipboard-write"])  # type: ignore[arg-type]
    token = shop.invoice()
    give_account(shop)
    page = opened(context, shop, token)
    page.get_by_text("Pay by bank transfer instead").click()
    expect(page.get_by_text("Our bank details have not changed since 3 July 2023")).to_be_visible()
    copied = []
    for button in page.get_by_role("button", name="Copy ").all():
        button.click()
        expect(button).to_have_text("Copied")
        copied.append(page.evaluate("navigator.clipboard.readText()"))
    assert copied == ["Southern IT", "063-000", "10002000", "82.50", f"INV{shop.number}"]
    context.close()


def test_every_target_can_be_hit_by_a_thumb(context: BrowserContext, shop: Shop) -> None:
    page = opened(context, shop, shops.plan(shop))
    shops.unfold(page)
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, .button, summary, .pick, textarea, select, input')]
            .filter(one => !one.matches('[type=radio], [type=checkbox], [type=hidden]') && one.offsetParent)
            .filter(one => one.getBoundingClientRect().height < 44).map(one => one.outerHTML)"""
    )
    assert small == []
