"""Finding an invoice, and taking its lock: every change to its money or its emails starts here."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.sql.base import ExecutableOption

from paymail.errors import NotFound
from paymail.models import Customer, Invoice, Issuer, PaymentPlan
from paymail.services.core import read_ahead

_PLAN = selectinload(Invoice.plan).selectinload(PaymentPlan.instalments)
_ISSUER_AND_PLAN = (joinedload(Invoice.issuer), _PLAN)
# Few have contacts, so their rows beside the invoice's cost less than a statement of their own.
_CUSTOMER = joinedload(Invoice.customer).joinedload(Customer.contacts)
PARTIES = (joinedload(Invoice.issuer), joinedload(Invoice.customer))
PARTIES_AND_PLAN = (*_ISSUER_AND_PLAN, joinedload(Invoice.customer).selectinload(Customer.contacts))
"""What must be loaded with an invoice wherever reminders are decided."""

_WHOLE = (*_ISSUER_AND_PLAN, selectinload(Invoice.lines), _CUSTOMER)
_LATEST = 2**33


class NoSuchInvoice(NotFound):
    """No invoice has this id."""

    code = "no_such_invoice"


def load_invoice(session: Session, *, invoice_id: int, lock: bool = False) -> Invoice:
    """Return an invoice with issuer, customer, contacts, plan and lines; `lock` takes its row lock first."""
    if not lock and (known := read_ahead.known(session, "invoices").get(invoice_id)):
        return known  # type: ignore[no-any-return]
    statement = select(Invoice).where(Invoice.invoice_id == invoice_id).options(*_WHOLE)
    if lock:
        # FOR NO KEY UPDATE: a row that only refers to the invoice, such as the timeline entry of a worker
        # that holds the message's lock, need not wait for it. With FOR UPDATE these two would deadlock.
        statement = statement.with_for_update(of=Invoice, key_share=True)
        statement = statement.execution_options(populate_existing=True)
    return _one(session, statement, invoice_id)


def share_invoice(session: Session, *, invoice_id: int, plan: bool) -> Invoice:
    """Return an invoice with issuer, customer and contacts, and with its plan if that is wanted.

    Its lock may be shared with others, but not with who changes the invoice (PostgreSQL).
    """
    with_plan = [joinedload(Invoice.plan).selectinload(PaymentPlan.instalments)] if plan else []
    options = [joinedload(Invoice.issuer), _CUSTOMER, *with_plan]
    statement = select(Invoice).where(Invoice.invoice_id == invoice_id).options(*options)
    statement = statement.with_for_update(of=Invoice, read=True)
    return _one(session, statement.execution_options(populate_existing=True), invoice_id)


def _one(session: Session, statement: Select[Invoice], invoice_id: int) -> Invoice:
    invoice: Invoice | None = session.scalars(statement).unique().one_or_none()
    if invoice is None:
        raise NoSuchInvoice(f"invoice {invoice_id} not found")
    return invoice


def read_invoices(session: Session, *, invoice_ids: Iterable[int]) -> dict[int, Invoice]:
    """Read some invoices ahead, whole, by one statement a table; return them by id."""
    statement = select(Invoice).where(Invoice.invoice_id.in_(set(invoice_ids))).options(*_WHOLE)
    found = {invoice.invoice_id: invoice for invoice in session.scalars(statement).unique()}
    read_ahead.keep(session, "invoices", found)
    return found


def load_invoices(
    session: Session, *, invoice_ids: Collection[int], options: Sequence[ExecutableOption], lock: bool
) -> list[Invoice]:
    """Return those of some invoices that there are, by their ids, loaded with `options` and read anew.

    `lock` takes their locks first, in that order, by a statement of its own: one that waited for a lock
    would join what customers and issuers said before.
    """
    chosen = Invoice.invoice_id.in_(invoice_ids)
    if lock:
        rows = select(Invoice.invoice_id).where(chosen).order_by(Invoice.invoice_id)
        session.execute(rows.with_for_update(key_share=True)).all()
    statement = select(Invoice).where(chosen).order_by(Invoice.invoice_id).options(*options)
    return list(session.scalars(statement.execution_options(populate_existing=True)).unique())


def payment_url(public_url: str, invoice: Invoice) -> str:
    """Return the secret pay link of an invoice; empty when it has none (revoked, or the customer erased)."""
    if invoice.payment_token is None:
        return ""
    return f"{public_url}/pay/{invoice.payment_token}"


def verify_code(invoice: Invoice) -> str:
    """Return the code by which a paper is verified as it is printed, `7K2MX-9QD4T`; empty without one."""
    code = invoice.verify_code
    return f"{code[:5]}-{code[5:]}" if code else ""


def verify_url(public_url: str, invoice: Invoice) -> str:
    """Return where an invoice is verified; empty without a code, or without `public_url`."""
    code = verify_code(invoice)
    return f"{public_url}/verify?code={code}" if code and public_url else ""


def local_date(issuer: Issuer, instant: datetime) -> date:
    """Return the issuer's calendar date of an instant; by UTC while the issuer's zone cannot be read.

    Then nothing is planned or reminded (BadCalendar), but pages must still show what is wrong.
    """
    try:
        zone = ZoneInfo(issuer.timezone)
    except (KeyError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return instant.astimezone(zone).date()


def day_of_seconds(issuer: Issuer, seconds: int) -> date | None:
    """Return the issuer's calendar date of a time in Unix seconds as a provider gives it; None for what is no
    time of ours."""
    if not 0 < seconds < _LATEST:
        return None
    return local_date(issuer, datetime.fromtimestamp(seconds, UTC))
