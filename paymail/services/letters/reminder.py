"""Reminders of what is still owed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.emails import ReminderEmail, Tone
from paymail.models import Message, MessageKind, MessageState
from paymail.money import Money
from paymail.services.core import read_ahead
from paymail.services.core.invoices import local_date
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, paper_of
from paymail.services.outbox.suppressions import normalised
from paymail.services.plans.coverage import dues, plan_of

MOST_NAMED: Final = 4
"""Reminders before this one whose days are told."""
_TOLD = (MessageKind.INVOICE, MessageKind.REMINDER)
_AHEAD = "accepted emails"


def reminder_email(source: Source) -> ReminderEmail:
    """Return the context of a reminder that goes out on the source's date, by the issuer's calendar.

    It counts from the due date of its step; one by hand has none and counts from the oldest that is open.
    """
    invoice, bill, plan = source.invoice, bill_of(source), plan_of(source.invoice)
    today = local_date(invoice.issuer, source.date)
    counted = source.message.due_on or dues(invoice)[0]
    part = next((part for part in plan.parts if part.due == counted), None) if plan else None
    asked = plan.asked(max(counted, today)) if plan and part else invoice.balance
    due = counted if part else bill.due
    days = (today - due).days
    accepted = _accepted(source)
    emailed, reminded = (list(_sent_on(source, accepted, kind)) for kind in _TOLD)
    return ReminderEmail(
        **letterhead(bill),
        issued=bill.issued,
        due=due,
        days_overdue=days,
        # It may have waited for its turn longer than what it was to say stayed true.
        tone=Tone(source.message.tone).or_fitting(days),
        total=bill.total,
        balance=bill.balance,
        asked=Money(asked, invoice.currency),
        instalment=part.position if part else 0,
        instalments=len(plan.parts) if plan and part else 0,
        checked_at=source.date,
        zone=invoice.issuer.timezone,
        emailed_on=emailed[-1] if emailed else None,
        reminded_on=tuple(dict.fromkeys(reminded))[-MOST_NAMED:],
    )


@dataclass(frozen=True, slots=True)
class Accepted:
    """An email about an invoice that was accepted and not returned."""

    message_id: int
    kind: MessageKind
    at: datetime | None
    """Empty: staff settled one of before a restored backup."""
    recipients: str


def read(session: Session, *, invoice_ids: Iterable[int]) -> dict[int, list[Accepted]]:
    """Read ahead what reminders of some invoices tell of the emails before them; return it by invoice."""
    found: dict[int, list[Accepted]] = {invoice_id: [] for invoice_id in invoice_ids}
    columns = Message.message_id, Message.kind, Message.handed_over_at, Message.recipient
    statement = (
        select(Message.invoice_id, *columns)
        .where(Message.invoice_id.in_(found), Message.kind.in_(_TOLD))
        .where(Message.state == MessageState.SENT)
        .order_by(Message.handed_over_at)
    )
    for invoice_id, message_id, kind, at, recipients in session.execute(statement):
        found[invoice_id].append(Accepted(message_id, kind, at, recipients))
    read_ahead.keep(session, _AHEAD, found)
    return found


def _accepted(source: Source) -> list[Accepted]:
    number = source.invoice.invoice_id
    known: list[Accepted] | None = read_ahead.known(source.session, _AHEAD).get(number)
    return read(source.session, invoice_ids=[number])[number] if known is None else known


def _sent_on(source: Source, accepted: Iterable[Accepted], kind: MessageKind) -> Iterator[date]:
    """Yield the days of the other emails of a kind about the invoice that were accepted and not returned.

    Who reads it knows nothing of what went only to other addresses, such as one that was corrected since.
    """
    customer = source.invoice.customer
    contacts = (one.email for one in customer.contacts if one.reminders)
    present = {normalised(address) for address in (customer.email, *contacts)}
    for one in accepted:
        known = not present.isdisjoint(map(normalised, one.recipients.split("\n")))
        if known and one.at and one.kind is kind and one.message_id != source.message.message_id:
            yield local_date(source.invoice.issuer, one.at)


KIND = Kind(email=reminder_email, document=paper_of, threaded=True, group=Group.REMINDERS, send_rule=None)
