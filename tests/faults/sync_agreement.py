"""Where a host and paymail differ after a trial of sync: every invoice, every payment."""

from collections import Counter
from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from paymail.models import Channel, Invoice, InvoiceStatus, Payment, TimelineEvent
from paymail.money import to_decimal
from paymail.wiring import App
from tests.seed_host import Connection

_VIEW = """
SELECT DISTINCT invoice_id, customer_name, customer_email, currency, issued_date, due_date, status, total,
    amount_paid, payment_token
FROM paymail_invoices_v1
"""


def differences(
    app: App, host: Connection, payments: Mapping[str, tuple[str, int]], *, told_by: str
) -> list[str]:
    """Return all of them. `payments` are those that were recorded here, by reference."""
    with app.reading() as session:
        statement = select(Invoice).options(joinedload(Invoice.customer))
        invoices = {one.number: one for one in session.scalars(statement)}
        entered = list(session.scalars(select(Payment)))
        brought = Counter(
            session.scalars(select(TimelineEvent.invoice_id).where(TimelineEvent.kind == "imported"))
        )
    return [
        *_of_invoices(invoices, host),
        *_of_payments(invoices, entered, payments),
        *_of_money(invoices, entered, host, told_by),
        *(f"invoice {one} came in {times} times" for one, times in brought.items() if times > 1),
    ]


def _of_invoices(invoices: Mapping[str, Invoice], host: Connection) -> Iterator[str]:
    theirs = {str(row[0]): row for row in host.execute(_VIEW)}
    for number in invoices.keys() ^ theirs.keys():
        yield f"invoice {number} is on one side only"
    for number in invoices.keys() & theirs.keys():
        ours = invoices[number]
        here = (
            ours.customer.name, ours.customer.email, ours.currency, ours.issued_date, ours.due_date,
            ours.status.value, to_decimal(ours.total, ours.currency),
            to_decimal(ours.amount_paid, ours.currency), ours.payment_token,
        )  # fmt: skip
        there = tuple(theirs[number][1:])
        if ours.status is InvoiceStatus.VOID:
            here, there = here[2:], there[2:]  # of a void one the customer is not taken over any more
        if here != there:
            yield f"invoice {number}: {here} here, {there} there"


def _of_payments(
    invoices: Mapping[str, Invoice], entered: list[Payment], payments: Mapping[str, tuple[str, int]]
) -> Iterator[str]:
    """Each payment that staff recorded is there once, and no other."""
    numbers = {one.invoice_id: one.number for one in invoices.values()}
    found = Counter(
        (one.reference, numbers[one.invoice_id], one.amount)
        for one in entered
        if one.channel is not Channel.HOST
    )
    wanted = Counter((reference, *what) for reference, what in payments.items())
    for one in (found - wanted) + (wanted - found):
        yield f"payment {one}: {found[one]} times instead of {wanted[one]}"


def _of_money(
    invoices: Mapping[str, Invoice], entered: list[Payment], host: Connection, told_by: str
) -> Iterator[str]:
    """What the host received is here once as its money; what arrived here is there once as ours."""
    through = (
        "SELECT i.invoice_id, i.amount_paid, i.paid_through_paymail, NULL FROM invoices i"
        if told_by == "function"
        else "SELECT i.invoice_id, i.amount_paid, coalesce(u.amount_paid_here, 0), u.payment_status"
        " FROM invoices i LEFT JOIN paymail_updates_v1 u USING (invoice_id)"
    )
    sums: Counter[tuple[int, bool]] = Counter()
    for one in entered:
        sums[one.invoice_id, one.channel is Channel.HOST] += one.amount
    for number, received, told, status in host.execute(through.encode()):
        if (ours := invoices.get(str(number))) is None:
            continue
        theirs, mine = (to_decimal(sums[ours.invoice_id, host], ours.currency) for host in (True, False))
        if (theirs, mine) != (received, told):
            yield f"invoice {number}: {theirs} and {mine} here, {received} and {told} there"
        if status is not None and status != ours.payment_status:
            yield f"invoice {number} is {ours.payment_status.value} here, {status} there"
