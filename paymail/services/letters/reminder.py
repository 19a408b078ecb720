"""Reminders of what is still owed."""

from paymail.emails import ReminderEmail, Tone
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, paper_of
from paymail.services.plans.coverage import dues, plan_of


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
    )


KIND = Kind(email=reminder_email, document=paper_of, threaded=True, group=Group.REMINDERS, send_rule=None)
