"""The tick that saves a payment method, and what the page then shows: in a real browser, wide and narrow."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from paymail.models import Issuer, SavedMethod
from paymail.tasks.sweep import sweep_once
from tests.journeys.conftest import fill_card
from tests.journeys.readable import check_fits, check_readable
from tests.journeys.shop import ARRIVED, CARD, TIMEOUT, Shop

DECLINED = "4000000000000002"


@pytest.fixture
def saving(shop: Shop) -> Iterator[Shop]:
    """A shop whose customers may save."""

    def allow(allowed: bool) -> None:
        with shop.app.transaction() as session:
            for issuer in session.scalars(select(Issuer)):
                issuer.save_methods = allowed

    shop.invoice()
    allow(True)
    yield shop
    allow(False)


@pytest.fixture(params=[390, 1280])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    found = context.new_page()
    faults: list[str] = []
    found.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    found.on("pageerror", lambda error: faults.append(str(error)))
    yield found
    context.close()
    assert [fault for fault in faults if "status of 4" not in fault] == []


def ready(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.locator("#submit")).to_be_enabled(timeout=TIMEOUT)


def saved(shop: Shop) -> list[SavedMethod]:
    with shop.app.reading() as session:
        return list(session.scalars(select(SavedMethod)))


def test_a_ticked_card_is_saved_shown_and_removed_by_one_press(page: Page, saving: Shop) -> None:
    link = saving.link(saving.invoice())
    before = len(saved(saving))
    ready(page, link)
    box = page.get_by_role("checkbox", name="Save this payment method for future invoices from")
    expect(box).not_to_be_checked()
    box.check()
    check_fits(page)
    check_readable(page)
    fill_card(page, CARD)
    page.locator("#submit").click()
    expect(page.get_by_role("heading", name=ARRIVED)).to_be_visible(timeout=TIMEOUT)
    page.goto(link)
    expect(page.get_by_text("Visa ending 4242 is saved for Southern IT Services Pty Ltd.")).to_be_visible()
    check_fits(page)
    check_readable(page)
    page.get_by_role("button", name="Remove this payment method").click()
    expect(page.get_by_text("Your payment method was removed.")).to_be_visible()
    expect(page.get_by_text("is saved for")).to_have_count(0)
    sweep_once(saving.app)
    rows = saved(saving)
    assert [row.state.value for row in rows[before:]] == ["removed"]


def test_a_tick_taken_back_saves_nothing_and_a_reload_forgets_it(page: Page, saving: Shop) -> None:
    before = len(saved(saving))
    ready(page, saving.link(saving.invoice()))
    page.locator("#save-method").check()
    page.reload()
    expect(page.locator("#submit")).to_be_enabled(timeout=TIMEOUT)
    expect(page.locator("#save-method")).not_to_be_checked()
    page.locator("#save-method").check()
    page.locator("#save-method").uncheck()
    fill_card(page, CARD)
    page.locator("#submit").click()
    expect(page.get_by_role("heading", name=ARRIVED)).to_be_visible(timeout=TIMEOUT)
    assert len(saved(saving)) == before


def test_a_tick_after_a_declined_card_is_for_the_next_try(page: Page, saving: Shop) -> None:
    before = len(saved(saving))
    ready(page, saving.link(saving.invoice()))
    fill_card(page, DECLINED)
    page.locator("#submit").click()
    expect(page.get_by_role("alert")).to_contain_text("declined", timeout=TIMEOUT)
    page.locator("#save-method").check()
    fill_card(page, CARD)
    page.locator("#submit").click()
    expect(page.get_by_role("heading", name=ARRIVED)).to_be_visible(timeout=TIMEOUT)
    assert len(saved(saving)) == before + 1


@pytest.mark.parametrize("locale", ["de-DE", "fr-FR", "ja-JP", "ar"])
def test_the_box_and_the_saved_method_speak_the_customers_language(
    page: Page, saving: Shop, locale: str
) -> None:
    link = saving.link(saving.invoice(locale=locale))
    ready(page, link)
    words = page.locator("#save").inner_text()
    assert "Save this payment method" not in words
    page.locator("#save-method").check()
    check_fits(page)
    fill_card(page, CARD)
    page.locator("#submit").click()
    expect(page.locator("#done")).to_be_visible(timeout=TIMEOUT)
    page.goto(link)
    expect(page.locator("#saved")).to_contain_text("4242")
    check_fits(page)
