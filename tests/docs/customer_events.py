"""What happens to an invoice, on the customer tour: as in `customer_invoices.py`."""

from collections.abc import Iterable
from datetime import timedelta

from playwright.sync_api import Page

from paymail.emails.reminder import Tone
from paymail.models import MessageKind, ObjectionReason
from paymail.services.customers import link_requests, objections
from paymail.services.customers.objections import Wrong
from paymail.services.links import pay_links
from paymail.services.sending.copies import send_copy
from tests.docs.customer_account import Account
from tests.docs.customer_invoices import seats
from tests.docs.customer_particulars import FOUR, TOTAL, logo
from tests.docs.customer_shots import DESK, PANE, Screen, Shot
from tests.journeys.shop import BECS, unfold

K = MessageKind
FAILING = "222222227"
"""An account that the bank finds empty, days later."""


def plan(account: Account) -> Iterable[Shot]:
    """A plan was agreed on without a word; its page and receipts asked for all of the rest."""
    token = account.mailed()
    account.plan()
    yield from account.both(K.PLAN)
    yield account.attached(K.PLAN)
    yield account.page(token)
    account.shop.pays(token)
    yield Screen(account.shop.link(token) + "?said=done")
    yield account.page(token, act=unfold)
    yield from account.both(K.RECEIPT)
    yield account.attached(K.RECEIPT)
    yield account.paper(token)


def refund_owed_again(account: Account) -> Iterable[Shot]:
    """A refund of what stays owed looked like a credit."""
    token = account.mailed()
    account.shop.transfers(TOTAL)
    account.refund(TOTAL, "Paid from the wrong account", owed_again=True)
    yield from account.both(K.REFUND)
    yield account.page(token, act=unfold)


def payment_failed(account: Account) -> Iterable[Shot]:
    """A bank debit that failed: nobody was told, or not why."""
    token = account.mailed()
    account.shop.pays(token, FAILING)
    account.banks_answer()
    yield from account.both(K.PAYMENT_FAILED)
    yield account.page(token)


def clearing(account: Account) -> Iterable[Shot]:
    """A payment that is clearing."""
    token = account.mailed()
    account.shop.pays(token, BECS)
    yield account.page(token, act=unfold)


def copy(account: Account) -> Iterable[Shot]:
    """The bookkeeper could not be sent a copy."""
    token = account.mailed()
    payment = account.shop.transfers(TOTAL)
    with account.shop.app.transaction() as session:
        to = {"invoice_id": account.shop.number, "actor": "amy", "now": account.shop.app.now()}
        send_copy(session, to="bookkeeper@vacuum.example", **to)  # type: ignore[arg-type]
    yield from account.both(K.COPY)
    with account.shop.app.transaction() as session:
        send_copy(session, to="owner@vacuum.example", payment_id=payment, **to)  # type: ignore[arg-type]
    yield account.email(K.COPY)
    yield account.page(token, act=unfold)


def links(account: Account) -> Iterable[Shot]:
    """Replaced, expired and unknown links did not say whose they were, or said too much."""
    token = account.mailed()
    now = account.shop.app.now()
    with account.shop.app.transaction() as session:
        pay_links.regenerate(session, invoice_id=account.shop.number, actor="amy", now=now)
    yield account.page(token)
    with account.shop.app.transaction() as session:
        link_requests.request_new_link(session, token=token, now=now)
    yield from account.both(K.LINK)
    token = account.mailed()
    account.change(payment_token_expires_at=now - timedelta(seconds=1))
    yield account.page(token)
    yield account.page("0" * 64)


def wrong(account: Account) -> Iterable[Shot]:
    """Whoever found a mistake could only pay or wait for the reminder."""
    token = account.mailed()
    yield account.page(token, act=_open_wrong)
    with account.shop.app.transaction() as session:
        said = Wrong(ObjectionReason.PRICE, (1, 2), "We ordered 10 seats,\nnot 12.")
        objections.object_to(session, token=token, wrong=said, now=account.shop.app.now())
    yield Screen(account.shop.link(token) + "?said=wrong", act=unfold)
    with account.shop.app.transaction() as session:
        answer = "You are right: it was 10 seats.\nA corrected invoice follows today."
        objections.close(
            session, invoice_id=account.shop.number, answer=answer, actor="amy", now=account.shop.app.now()
        )
    yield from account.both(K.ANSWER)


def _open_wrong(page: Page) -> None:
    page.get_by_text("Something is wrong with this invoice").click()


def verify(account: Account) -> Iterable[Shot]:
    """Nobody could find out whether a paper is genuine."""
    account.mailed()
    code = account.verify_code()

    def ask(page: Page) -> None:
        page.get_by_label("Amount").fill("1,944.80")
        page.get_by_role("button", name="Check").click()

    address = f"{account.shop.url}/verify?code={code}"
    yield Screen(address)
    yield Screen(address, act=ask)
    yield Screen(address, scheme="dark", act=ask)


def statement(account: Account) -> Iterable[Shot]:
    """There was no statement."""
    account.invoice([FOUR[0]], due_in=-40)
    first = account.shop.number
    account.shop.transfers(10_000)
    account.invoice([FOUR[1]], due_in=-4)
    account.shop.transfers(72_600)
    account.refund(5_500, "One seat less")
    second = account.shop.number
    account.invoice()
    account.join(first)
    account.join(second)
    yield account.statement()


def reminders(account: Account) -> Iterable[Shot]:
    """Reminders: -14 days overdue, due today early; from due soon to final."""
    for days, tone in (
        (3, Tone.UPCOMING),
        (0, Tone.DUE),
        (-3, Tone.FRIENDLY),
        (-14, Tone.FIRM),
        (-30, Tone.FINAL),
    ):
        account.mailed(due_in=days)
        account.remind(tone)
        yield account.email(K.REMINDER)
    yield account.email(K.REMINDER, PANE, "dark")


def reminders_of_others(account: Account) -> Iterable[Shot]:
    """Reminders of a plan asked for all of it, and of what no card can be charged told of a link."""
    account.mailed()
    account.plan()
    account.change_instalments(days=-30)
    account.remind(Tone.FIRM)
    yield from account.both(K.REMINDER)
    account.mailed([("Remote support", "1", "34.781", "0")], currency="KWD", due_in=0)
    account.remind(Tone.DUE)
    yield account.email(K.REMINDER)


LANGUAGES = {"ja-JP": "株式会社掃除機屋", "ar": "شركة المكانس الكهربائية", "de-DE": "Staubsauger Müller GmbH"}


def languages(account: Account) -> Iterable[Shot]:
    """Japanese, Arabic and German were poorer than English."""
    for locale, name in LANGUAGES.items():
        token = account.mailed(due_in=-3, locale=locale, name=name)
        yield from account.both(K.INVOICE)
        yield account.attached(K.INVOICE)
        yield account.page(token)
        account.shop.pays(token)
        yield account.email(K.RECEIPT)
        yield account.attached(K.RECEIPT)
        yield Screen(account.shop.link(token) + "?said=done")
        account.refund(6_600, "60 min.")
        yield account.paper(token)


def dark(account: Account) -> Iterable[Shot]:
    """Emails and pages in the dark."""
    token = account.mailed(due_in=-3)
    yield account.email(K.INVOICE, scheme="dark")
    yield account.email(K.INVOICE, PANE, "dark")
    yield account.page(token, scheme="dark", act=unfold)
    account.shop.pays(token)
    yield account.email(K.RECEIPT, scheme="dark")
    yield Screen(account.shop.link(token) + "?said=done", scheme="dark")


def pay_page(account: Account) -> Iterable[Shot]:
    """The pay button was up to 5,451 px down on a telephone."""
    token = account.mailed()
    yield account.page(token, whole=False)
    yield account.page(token, act=unfold)
    yield account.page(token, width=DESK)
    token = account.mailed(seats(60))
    yield account.page(token, whole=False)


def brand(account: Account) -> Iterable[Shot]:
    """No logo, and a colour on which white cannot be read."""
    token = account.invoice()
    account.issuer(picture=logo((250, 204, 21)), colour="#facc15", footer="Thank you for choosing us.")
    account.send()
    yield from account.both(K.INVOICE)
    yield account.attached(K.INVOICE)
    yield account.page(token)


CASES = (
    plan,
    refund_owed_again,
    payment_failed,
    clearing,
    copy,
    links,
    wrong,
    verify,
    statement,
    reminders,
    reminders_of_others,
    languages,
    dark,
    pay_page,
    brand,
)
