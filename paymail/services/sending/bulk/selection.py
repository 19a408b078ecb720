"""Which invoices a bulk send is for: the filter, as a value, as stored text and as a query."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session

from paymail.models import Customer, Invoice, Message, MessageKind, MessageState, PaymentStatus
from paymail.services.access.visible import seen_issuers
from paymail.services.lists.filter_conditions import conditions
from paymail.services.lists.invoice_filter import from_text
from paymail.services.lists.payment_state import OWED

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_NEVER_SENT = (MessageState.FAILED, MessageState.CANCELLED, MessageState.SUPPRESSED)
_FAILED = (MessageState.FAILED, MessageState.BOUNCED, MessageState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Selection:
    """A filter over issued, owed invoices; empty fields do not filter. `due_before` is exclusive."""

    payment_status: PaymentStatus | None = None
    currency: str = ""
    customer: str = ""
    due_before: date | None = None
    failed_of: int | None = None
    """Only invoices whose email in this bulk send failed, bounced or was cancelled."""
    import_id: int | None = None
    """Only invoices that this import made, and that were not emailed yet."""
    filter: str = ""
    """A list's filter as text (`lists/invoice_filter.py`), as it was at `as_of`."""
    as_of: datetime | None = None
    """When it was counted and confirmed (UTC): ages and promises mean what they meant then."""
    highest: int | None = None
    """The highest invoice id then: what came later was confirmed by nobody."""

    def to_json(self) -> str:
        """Return the filter as it is stored."""
        given = {
            "payment_status": self.payment_status,
            "currency": self.currency,
            "customer": self.customer,
            "due_before": self.due_before.isoformat() if self.due_before else None,
            "failed_of": self.failed_of,
            "import_id": self.import_id,
            "filter": self.filter,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "highest": self.highest,
        }
        return json.dumps({name: value for name, value in given.items() if value})

    @classmethod
    def from_json(cls, text: str) -> "Selection":
        """Read a stored filter."""
        stored: dict[str, Any] = json.loads(text)
        if "due_before" in stored:
            stored["due_before"] = date.fromisoformat(stored["due_before"])
        if "as_of" in stored:
            stored["as_of"] = datetime.fromisoformat(stored["as_of"])
        if "payment_status" in stored:
            stored["payment_status"] = PaymentStatus(stored["payment_status"])
        return cls(**stored)


def fixed(session: Session, selection: Selection, now: datetime) -> Selection:
    """Return the selection with what its filter means at `now` (UTC), and without what comes later."""
    if not selection.filter:
        return selection
    highest = session.scalar(select(func.max(Invoice.invoice_id))) or 0
    return replace(selection, as_of=now, highest=highest)


def within(session: Session, selection: Selection) -> Selection:
    """Return the selection for the issuers only that whoever starts it sees: the sweep, which writes the
    messages, sees all."""
    seen = seen_issuers(session)
    if seen is None:
        return selection
    wanted = from_text(selection.filter)
    companies = tuple(sorted(seen.intersection(wanted.company) if wanted.company else seen)) or (0,)
    narrowed = urlencode([*replace(wanted, company=()).pairs(), ("company", ",".join(map(str, companies)))])
    return replace(selection, filter=narrowed)


def matching(session: Session, selection: Selection, columns: Any = Invoice.invoice_id) -> Select[Any]:
    """Return the query for what a filter matches. Drafts are only sent one by one."""
    statement = select(columns).select_from(Invoice).where(OWED)
    if selection.filter:
        wanted, at = from_text(selection.filter), selection.as_of or LONG_AGO
        statement = statement.where(*conditions(session, wanted, now=at))
    if selection.highest is not None:
        statement = statement.where(Invoice.invoice_id <= selection.highest)
    if selection.payment_status is not None:
        statement = statement.where(Invoice.payment_status == selection.payment_status)
    if selection.currency:
        statement = statement.where(Invoice.currency == selection.currency)
    if selection.customer:
        statement = statement.where(Invoice.customer.has(Customer.name == selection.customer))
    if selection.due_before is not None:
        statement = statement.where(Invoice.due_date < selection.due_before)
    if selection.failed_of is not None:
        failed = select(Message.invoice_id).where(
            Message.bulk_id == selection.failed_of, Message.state.in_(_FAILED)
        )
        statement = statement.where(Invoice.invoice_id.in_(failed))
    if selection.import_id is not None:
        emailed = exists().where(
            Message.invoice_id == Invoice.invoice_id,
            Message.kind == MessageKind.INVOICE,
            Message.state.not_in(_NEVER_SENT),
        )
        statement = statement.where(Invoice.import_id == selection.import_id, ~emailed)
    return statement
