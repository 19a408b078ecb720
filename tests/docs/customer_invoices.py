"""Invoices of the customer tour: ways in which paymail was once wrong, and what shows that it is right."""

from collections.abc import Iterable

from paymail.models import MessageKind
from paymail.services.payments import adjustments
from tests.docs.customer_account import Account
from tests.docs.customer_particulars import FOUR, TOTAL
from tests.docs.customer_shots import DESK, Screen, Shot
from tests.journeys.shop import unfold

K = MessageKind


def seats(count: int) -> list[tuple[str, str, str, str]]:
    """Return so many lines."""
    return [(f"Managed workstation, seat {at}", "2.5", "0.50", "10") for at in range(1, count + 1)]


def long_invoices(account: Account) -> Iterable[Shot]:
    """200 and 1,000 lines: the email had 110 kB, and Gmail cut it before the button."""
    for count in (200, 1000):
        account.mailed(seats(count))
        yield account.email(K.INVOICE)
    yield account.attached(K.INVOICE)


def ascii_subject(account: Account) -> Iterable[Shot]:
    """A subject of plain ASCII was sent as base64; the usual invoice."""
    account.mailed()
    yield from account.both(K.INVOICE)
    yield account.attached(K.INVOICE)


def emoji(account: Account) -> Iterable[Shot]:
    """Emoji in a description: boxes in the PDF."""
    token = account.mailed([("Birthday cake 🎂 with candles 🕯️, for Zoë 👩‍👩‍👧", "1", "75.00", "10")])
    yield account.email(K.INVOICE)
    yield account.attached(K.INVOICE)
    yield account.page(token)


def long_description(account: Account) -> Iterable[Shot]:
    """2,000 characters in a description: page 1 empty, page 2 without headings."""
    words = " ".join(f"Item {at} of the schedule, checked and found in order." for at in range(1, 41))[:2000]
    account.mailed([FOUR[0], (words, "1", "75.00", "10"), FOUR[1]])
    yield account.email(K.INVOICE)
    yield account.attached(K.INVOICE)


def long_quantity(account: Account) -> Iterable[Shot]:
    """A quantity of 0.8333333333333333 was cut in mid-number."""
    token = account.mailed([("Consulting, 50 minutes", "0.8333333333333333", "90.00", "10")])
    yield account.email(K.INVOICE)
    yield account.attached(K.INVOICE)
    yield account.page(token, act=unfold)


def lines_in_a_description(account: Account) -> Iterable[Shot]:
    """A description of several lines was run together."""
    words = "Site visit 12 March\n- replaced the switch in rack 2\n- tested all 24 ports\nEngineer: K. Lee"
    token = account.mailed([(words, "3", "120.00", "10")])
    yield account.email(K.INVOICE)
    yield account.attached(K.INVOICE)
    yield account.page(token, act=unfold)


def not_chargeable(account: Account) -> Iterable[Shot]:
    """KWD 34.781: a button to a dead end."""
    token = account.mailed([("Remote support", "1", "34.781", "0")], currency="KWD")
    yield from account.both(K.INVOICE)
    yield account.attached(K.INVOICE)
    yield account.page(token)


def void(account: Account) -> Iterable[Shot]:
    """A void invoice still said Tax Invoice and asked for money, and nobody was told."""
    token = account.mailed()
    account.void("Billed twice")
    yield from account.both(K.VOID)
    yield account.page(token)
    yield account.paper(token)


def credited(account: Account) -> Iterable[Shot]:
    """Credited: the PDF did not say so; a refund without its reason; the adjustment note."""
    token = account.mailed()
    account.shop.transfers(TOTAL)
    account.refund(6_600, "Two hours less than billed")
    yield from account.both(K.REFUND)
    yield account.attached(K.REFUND)
    yield account.page(token, act=unfold)
    yield account.paper(token)


def part_paid(account: Account) -> Iterable[Shot]:
    """Part paid: the PDF did not say so."""
    token = account.mailed()
    account.shop.parts()
    account.shop.pays(token, amount=50_000)
    yield from account.both(K.RECEIPT)
    yield account.attached(K.RECEIPT)
    yield account.page(token, act=unfold)
    yield account.paper(token)


def written_off(account: Account) -> Iterable[Shot]:
    """Written off: the PDF did not say so."""
    token = account.mailed()
    account.shop.transfers(100_000)
    with account.shop.app.transaction() as session:
        now = account.shop.app.now()
        adjustments.write_off(session, invoice_id=account.shop.number, reason="Small", actor="amy", now=now)
    yield account.page(token, act=unfold)
    yield account.paper(token)


def paid(account: Account) -> Iterable[Shot]:
    """Paid: a receipt without GST, lines and method, and no receipt number on the page."""
    token = account.mailed()
    account.shop.pays(token)
    yield from account.both(K.RECEIPT)
    yield account.attached(K.RECEIPT)
    yield Screen(account.shop.link(token) + "?said=done")
    yield account.page(token, act=unfold, width=DESK)
    yield account.paper(token)


def no_abn(account: Account) -> Iterable[Shot]:
    """GST without an ABN was called Tax Invoice."""
    token = account.invoice()
    account.issuer(tax_id="")
    yield account.paper(token)
    yield account.page(token, act=unfold)


def foreign_currency(account: Account) -> Iterable[Shot]:
    """GST in euros without its amount in Australian dollars."""
    token = account.invoice(currency="EUR", country="DE", tax_id="DE136695976", locale="de-DE")
    account.change(tax_aud=31_020)
    account.send()
    yield from account.both(K.INVOICE)
    yield account.attached(K.INVOICE)
    yield account.page(token, act=unfold)


def no_gst(account: Account) -> Iterable[Shot]:
    """Tax Invoice where there is no GST."""
    token = account.mailed([("Basic food, wholesale", "3", "40.00", "0")])
    yield account.email(K.INVOICE)
    yield account.attached(K.INVOICE)
    yield account.page(token, act=unfold)


def mixed_tax(account: Account) -> Iterable[Shot]:
    """Which lines are taxed could not be seen."""
    account.mailed([*FOUR, ("Government fee, passed on", "1", "100.00", "0")])
    yield account.email(K.INVOICE)
    yield account.attached(K.INVOICE)


def nothing_to_pay(account: Account) -> Iterable[Shot]:
    """An invoice over nothing asked for it, and what was paid too much was not to be seen."""
    token = account.mailed([FOUR[0], ("Discount for long custom", "1", "-165.00", "10")])
    yield account.email(K.INVOICE)
    yield account.attached(K.INVOICE)
    yield account.page(token)
    token = account.mailed()
    account.shop.transfers(TOTAL + 5_000)
    yield account.email(K.RECEIPT)
    yield account.attached(K.RECEIPT)
    yield account.page(token, act=unfold)
    yield account.paper(token)


def arabic(account: Account) -> Iterable[Shot]:
    """From right to left: numbers, signs and names that ran in the wrong direction."""
    token = account.mailed(locale="ar", name="شركة المكانس (سيدني)")
    account.plan()
    yield account.email(K.PLAN)
    account.shop.pays(token)
    yield account.email(K.RECEIPT)
    yield Screen(account.shop.link(token) + "?said=done")
    account.refund(6_600, "Two hours (Tuesday) less: 2 x 30.00")
    yield account.email(K.REFUND)
    yield account.attached(K.REFUND)
    yield account.statement()
    yield account.page(token, act=unfold)
    token = account.mailed(locale="ar")
    account.void("Billed twice")
    yield account.email(K.VOID)
    yield account.paper(token)


CASES = (
    long_invoices,
    ascii_subject,
    emoji,
    long_description,
    long_quantity,
    lines_in_a_description,
    not_chargeable,
    void,
    credited,
    part_paid,
    written_off,
    paid,
    no_abn,
    foreign_currency,
    no_gst,
    mixed_tax,
    nothing_to_pay,
    arabic,
)
