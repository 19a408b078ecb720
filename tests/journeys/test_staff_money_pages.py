"""Staff's pages about money in a real browser: each state fits, and can be read by everybody."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from paymail.models import Channel, GatewayEvent, GatewayEventState
from paymail.ports.payments import Event
from paymail.sandbox.customer import pay
from paymail.services import reconciliation
from paymail.services.access.staff_passwords import set_password
from paymail.services.payments import manual_payments, webhook_inbox
from tests.journeys import shop as shops
from tests.journeys.conftest import logged_in, quiet_page
from tests.journeys.readable import check_fits, check_readable
from tests.journeys.shop import Shop

STAFF, PASSWORD = "amy@southern-it.example", "a good long password"


def overpaid(shop: Shop) -> str:
    token = shop.invoice()
    shop.pays(token)
    with shop.app.transaction() as session:
        day = shop.app.now().date() - timedelta(1)
        asked = manual_payments.ManualPayment(8250, Channel.CASH, day)
        manual_payments.record_payment(
            session, invoice_id=shop.number, asked=asked, actor="amy", now=shop.app.now()
        )
    return token


SEEN = {
    shops.unpaid: ("Record a payment", "Part payments", "Payment plan"),
    shops.plan: ("Payment plan", "$27.50", "End the plan", "the due date of each unpaid instalment"),
    shops.part_paid: ("62.50",),
    shops.processing: ("clearing",),
    shops.part_refunded: ("CN-", "Returned"),
    shops.disputed: ("dispute",),
    overpaid: ("overpaid",),
    shops.void: ("A slip",),
    shops.written_off: ("Small",),
}


@pytest.fixture(scope="module")
def staff(browser: Browser, shop: Shop) -> Iterator[BrowserContext]:
    """A browser that is logged in."""
    set_password(shop.app.login_context(), email=STAFF, password=PASSWORD)
    found = logged_in(browser, shop.url, STAFF, PASSWORD)
    yield found
    found.close()


@pytest.fixture
def page(staff: BrowserContext) -> Iterator[Page]:
    with quiet_page(staff) as found:
        yield found


@pytest.mark.parametrize("state", SEEN, ids=lambda state: state.__name__)
def test_the_money_of_an_invoice_fits_and_can_be_read(
    page: Page, shop: Shop, state: Callable[[Shop], str]
) -> None:
    state(shop)
    page.goto(f"{shop.url}/staff/invoices/{shop.number}")
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    for words in SEEN[state]:
        expect(page.get_by_text(words).locator("visible=true").first).to_be_visible()
    check_fits(page)
    check_readable(page)


def test_events_and_drift_fit_and_can_be_read(page: Page, shop: Shop) -> None:
    now = shop.app.now()
    with shop.app.transaction() as session:
        for number in range(3):
            event = Event(f"evt_look{number}", "payment_intent.succeeded", "acct_x", False, "pi_look", 1)
            webhook_inbox.receive_event(session, event=event, live=False, now=now)
        dead = session.get_one(GatewayEvent, "evt_look1")
        dead.state, dead.reason = (
            GatewayEventState.DEAD,
            "this payment does not belong to an invoice in paymail",
        )
    shop.invoice()
    foreign = shop.app.gateway.create_intent(
        account="acct_sandbox",
        amount=700,
        currency="AUD",
        metadata={"invoice_id": str(shop.number)},
        idempotency_key="made by hand",
    )
    pay(foreign.client_secret, shops.CARD, base_url=shop.app.settings.sandbox_url)
    reconciliation.compare_and_keep(shop.app.gateway_context(), days=1)
    for path, words in (("events", "evt_look1"), ("reconciliation", str(shop.number))):
        page.goto(f"{shop.url}/staff/{path}")
        expect(page.get_by_text(words).first).to_be_visible()
        check_fits(page)
        check_readable(page)


def test_a_link_that_is_shown_fits_and_can_be_read(page: Page, shop: Shop) -> None:
    token = shop.invoice()
    page.goto(f"{shop.url}/staff/invoices/{shop.number}")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Address", exact=True)).to_have_value(shop.link(token))
    check_fits(page)
    check_readable(page)
