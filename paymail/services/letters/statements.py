"""A customer's statement: what was charged and paid until a day, and what is open then.

Days are the issuer's calendar. Void invoices and drafts are not in it. What was written off counts from the
day of the last write-off, what a bank took back from the day on which the dispute was lost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import Ages, Movement, OpenItem, StatementDocument, StatementRow
from paymail.errors import InvalidInput, NotFound
from paymail.models import (
    IN_FORCE,
    Customer,
    Dispute,
    DisputeState,
    Invoice,
    InvoiceStatus,
    Issuer,
    Payment,
    Refund,
)
from paymail.money import Money
from paymail.services.core.customers import CustomerErased, find_customer, refuse_merged
from paymail.services.core.documents import payment_day, receipt_number
from paymail.services.core.invoices import local_date
from paymail.services.core.parties import buyer_of, seller_of
from paymail.services.letters.credit_notes import credit_note_number
from paymail.services.letters.issued_documents import kept_for

PERIOD = timedelta(days=90)


class NothingIssued(NotFound):
    """The customer has no issued invoice until the day, or none in the currency."""

    code = "nothing_issued"


class WhichCurrency(InvalidInput):
    """The customer has invoices in several currencies, and a statement is in one."""

    code = "which_currency"


class BadPeriod(InvalidInput):
    """The first day of a statement is after its last one."""

    code = "bad_period"


def statement(
    session: Session,
    *,
    customer_id: int,
    now: datetime,
    day: date | None = None,
    since: date | None = None,
    currency: str = "",
    public_url: str = "",
) -> StatementDocument:
    """Return the statement of a customer on `day` (today, if not given), with rows since `since` (90 days).

    Raises NoSuchCustomer, CustomerErased, CustomerMerged, NothingIssued, WhichCurrency, BadPeriod.
    """
    customer = find_customer(session, customer_id=customer_id)
    refuse_merged(customer)
    if customer.erased_at is not None:
        raise CustomerErased(f"the data of customer {customer_id} has been erased")
    issuer = session.get_one(Issuer, customer.issuer_id)
    until = day or local_date(issuer, now)
    first = since or until - PERIOD
    if first > until:
        raise BadPeriod(f"{first} is after {until}")
    invoices = _invoices(session, customer, until, currency)
    code = invoices[0].currency
    moves = sorted(
        (move for move in _moves(session, issuer, invoices) if move.day <= until), key=lambda move: move.day
    )
    rows, items = _with_balances(moves, first, code), _open(invoices, moves, code)
    return StatementDocument(
        account=f"C{customer.customer_id:05d}",
        issuer=seller_of(issuer, public_url, code),
        customer=buyer_of(customer, issuer),
        since=first,
        day=until,
        rows=rows,
        balance=rows[-1].balance,
        ages=_ages(items, until, code),
        open=items,
        locale=customer.locale or issuer.locale,
    )


def currencies(session: Session, *, customer_id: int, now: datetime) -> list[str]:
    """Return the currencies in which a customer has invoices issued by today: each has a statement.

    Raises NoSuchCustomer.
    """
    customer = find_customer(session, customer_id=customer_id)
    issued = select(Invoice.currency).where(
        Invoice.customer_id == customer_id,
        Invoice.status == InvoiceStatus.SENT,
        Invoice.issued_date <= local_date(session.get_one(Issuer, customer.issuer_id), now),
    )
    return sorted(session.scalars(issued.distinct()))


def kept(session: Session, *, customer_id: int, document: StatementDocument) -> bytes | None:
    """Return the PDF of a customer's statement as it was emailed; None where it is still to be drawn."""
    return kept_for(session, invoices=Invoice.customer_id == customer_id, document=document)


def _invoices(session: Session, customer: Customer, until: date, currency: str) -> Sequence[Invoice]:
    issued = select(Invoice).where(
        Invoice.customer_id == customer.customer_id,
        Invoice.status == InvoiceStatus.SENT,
        Invoice.issued_date <= until,
    )
    found = session.scalars(issued.order_by(Invoice.issued_date, Invoice.invoice_id)).all()
    mine = [invoice for invoice in found if currency in ("", invoice.currency)]
    if not mine:
        what = f"in {currency} " if currency else ""
        raise NothingIssued(f"customer {customer.customer_id} has no issued invoice {what}until {until}")
    if len(several := sorted({invoice.currency for invoice in mine})) > 1:
        raise WhichCurrency(f"the invoices are in {', '.join(several)}: choose a currency")
    return mine


def _moves(session: Session, issuer: Issuer, invoices: Sequence[Invoice]) -> Iterator[StatementRow]:
    """Yield all that changed what is owed; balances are filled in later."""
    by_id = {invoice.invoice_id: invoice for invoice in invoices}
    nothing = Money(0, invoices[0].currency)

    def row(
        invoice: Invoice, day: date, movement: Movement, minor: int, number: str = "", due: date | None = None
    ) -> StatementRow:
        amount = Money(minor, invoice.currency)
        return StatementRow(day, movement, amount, nothing, invoice.number, number, due)

    for invoice in invoices:
        yield row(invoice, invoice.issued_date, Movement.INVOICE, invoice.total, due=invoice.due_date)
    for payment in session.scalars(select(Payment).where(Payment.invoice_id.in_(by_id))):
        paid_on, number = payment_day(issuer, payment), receipt_number(payment)
        yield row(by_id[payment.invoice_id], paid_on, Movement.PAYMENT, -payment.amount, number)
    given_back = select(Refund).where(Refund.invoice_id.in_(by_id), Refund.status.in_(IN_FORCE))
    for refund in session.scalars(given_back):
        invoice, on = by_id[refund.invoice_id], local_date(issuer, refund.created_at)
        if refund.amount:
            yield row(invoice, on, Movement.REFUND, refund.amount)
        if refund.credited:
            yield row(invoice, on, Movement.CREDIT, -refund.credited, credit_note_number(refund))
    lost = select(Dispute).where(Dispute.invoice_id.in_(by_id), Dispute.state == DisputeState.LOST)
    for dispute in session.scalars(lost):
        on = local_date(issuer, dispute.updated_at)
        yield row(by_id[dispute.invoice_id], on, Movement.TAKEN_BACK, dispute.amount)
    for invoice in invoices:
        if invoice.amount_written_off:
            on = local_date(issuer, invoice.written_off_at or invoice.updated_at)
            yield row(invoice, on, Movement.WRITTEN_OFF, -invoice.amount_written_off)


def _with_balances(moves: Sequence[StatementRow], first: date, code: str) -> tuple[StatementRow, ...]:
    """Return the rows from the first day on, each with what is owed after it, below what came before."""
    before = Money(sum(move.amount.minor for move in moves if move.day < first), code)
    owed, rows = before.minor, [StatementRow(first, Movement.FORWARD, before, before)]
    for move in moves:
        if move.day >= first:
            owed += move.amount.minor
            rows.append(replace(move, balance=Money(owed, code)))
    return tuple(rows)


def _open(invoices: Sequence[Invoice], moves: Sequence[StatementRow], code: str) -> tuple[OpenItem, ...]:
    by_number = dict.fromkeys((invoice.number for invoice in invoices), 0)
    for move in moves:
        by_number[move.invoice_number] += move.amount.minor
    found = (
        OpenItem(one.invoice_id, one.number, one.due_date, Money(by_number[one.number], code))
        for one in invoices
        if by_number[one.number] > 0
    )
    return tuple(sorted(found, key=lambda one: (one.due, one.invoice_id)))


def _ages(items: Sequence[OpenItem], until: date, code: str) -> Ages:
    sums = [0, 0, 0, 0]
    for one in items:
        days = (until - one.due).days
        place = 0 if days <= 0 else 1 if days <= 30 else 2 if days <= 60 else 3
        sums[place] += one.open.minor
    return Ages(*(Money(minor, code) for minor in sums))
