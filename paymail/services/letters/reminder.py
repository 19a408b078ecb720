"""Reminders of what is still owed."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from sqlalchemy import select

from paymail.emails import ReminderEmail, Tone
from paymail.models import Message, MessageKind, MessageState
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, paper_of
from paymail.services.outbox.suppressions import normalised
from paymail.services.plans.coverage import dues, plan_of

MOST_NAMED: Final = 4
"""Reminders before this one whose days are told."""


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
    emailed, reminded = (list(_sent_on(source, kind)) for kind in (MessageKind.INVOICE, MessageKind.REMINDER))
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


def _sent_on(source: Source, kind: MessageKind) -> Iterator[date]:
    """Yield the days of the other emails of a kind about the invoice that were accepted and not returned.

    Who reads it knows nothing of what went only to other addresses, such as one that was corrected since.
    """
    customer = source.invoice.customer
    contacts = (one.email for one in customer.contacts if one.reminders)
    present = {normalised(address) for address in (customer.email, *contacts)}
    accepted = (
        select(Message.handed_over_at, Message.recipient)
        .where(Message.invoice_id == source.invoice.invoice_id, Message.kind == kind)
        .where(Message.state == MessageState.SENT, Message.message_id != source.message.message_id)
        .order_by(Message.handed_over_at)
    )
    for at, recipients in source.session.execute(accepted):
        known = not present.isdisjoint(map(normalised, recipients.split("\n")))
        if known and at is not None:  # empty: staff settled one of before a restored backup
            yield local_date(source.invoice.issuer, at)


KIND = Kind(email=reminder_email, document=paper_of, threaded=True, group=Group.REMINDERS, send_rule=None)
