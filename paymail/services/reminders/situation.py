"""From rows to what reminders are decided on: an invoice's policy and situation."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import product

from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import Invoice, InvoiceStatus, MessageState, PaymentStatus
from paymail.services.core.calendar import calendar_of
from paymail.services.core.customers import written_to
from paymail.services.core.invoices import local_date
from paymail.services.ledger.awaited_payments import AwaitedPayment
from paymail.services.outbox import dedupe_keys, suppressions
from paymail.services.plans.coverage import dues
from paymail.services.reminders import customer_holds, ladder
from paymail.services.reminders.permission import CLEARING, NOT_EMAILED, Hold, Situation
from paymail.services.reminders.policy import Policy, key_of
from paymail.services.reminders.records import HANDED_OVER, Records, Written

RECHECK = timedelta(hours=1)
AWAITED_WITHOUT_END = timedelta(days=7)
"""How long reminders wait for a payment that the customer is to make, where Stripe names no end."""
STRIPE_ANSWERS = timedelta(days=1)
"""How long reminders wait after the end of such a payment for Stripe to say how it ended."""
_AT_ONCE = 500
_NOT_OUT_YET = (MessageState.SCHEDULED, MessageState.SENDING, MessageState.HANDOVER)


def policy_of(invoice: Invoice) -> Policy:
    """Return how reminders of this invoice work. Raises BadCalendar, BadTime, BadLadder."""
    issuer, customer = invoice.issuer, invoice.customer
    return Policy(
        calendar=calendar_of(issuer),
        ladder=ladder.effective(invoice.ladder, customer.ladder, issuer.ladder),
        minimum=issuer.reminder_minimum,
        cap=issuer.reminder_cap,
        gap=issuer.reminder_gap,
    )


def policy_or_none(invoice: Invoice) -> Policy | None:
    """Return how reminders of this invoice work; None where that cannot be read."""
    try:
        return policy_of(invoice)
    except PaymailError:
        return None


def situation_of(
    session: Session, *, invoice: Invoice, steps: ladder.Ladder, now: datetime, without: str = ""
) -> Situation:
    """Return what reminders depend on now. `invoice` needs its issuer and customer loaded.

    `without` is the dedupe key of a reminder that is left out: it is the one to be decided on.
    """
    found = gather(session, invoices=[(invoice, steps)], now=now, without=(without,))
    return found[invoice.invoice_id]


def gather(
    session: Session,
    *,
    invoices: Sequence[tuple[Invoice, ladder.Ladder]],
    now: datetime,
    without: Collection[str] = (),
) -> dict[int, Situation]:
    """Return the situations of many invoices by a handful of queries, whatever their number.

    `without` are the dedupe keys of reminders that are left out, as if they had not been written.
    """
    found: dict[int, Situation] = {}
    for start in range(0, len(invoices), _AT_ONCE):
        some = invoices[start : start + _AT_ONCE]
        records = Records.read(session, [invoice for invoice, _steps in some], now, without)
        for invoice, steps in some:
            found[invoice.invoice_id] = _situation(records, invoice, steps, now)
    return found


def _situation(records: Records, invoice: Invoice, steps: ladder.Ladder, now: datetime) -> Situation:
    reminders = records.reminders.get(invoice.invoice_id, {})
    counted = dues(invoice)
    keys = {
        dedupe_keys.reminder(invoice_id=invoice.invoice_id, due=due, step=rung.key): key_of(due, rung.key)
        for due, rung in product(counted, steps)
    }
    return Situation(
        dues=counted,
        balance=invoice.balance,
        not_owed=not_owed(invoice),
        reminders_from=invoice.reminders_from,
        switched_off=switched_off(invoice),
        holds=_holds(records, invoice, now),
        done=frozenset(keys[key] for key in reminders if key in keys),
        sent=sum(one.state in HANDED_OVER for one in reminders.values()),
        invoice_sent_on=_invoice_sent_on(records, invoice),
        first_emailed_on=_first_emailed_on(records, invoice),
        invoice_due_at=_invoice_due_at(records, invoice, now),
        reminded_on=_reminded_on(reminders, invoice, now),
    )


def not_owed(invoice: Invoice) -> str:
    """Return why no money is asked for at all, or nothing."""
    if invoice.status is not InvoiceStatus.SENT:
        return f"the invoice is {'a draft' if invoice.status is InvoiceStatus.DRAFT else 'void'}"
    if invoice.balance == 0:
        return "the invoice is paid"
    if invoice.payment_status in (PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED):
        return "its payment has been refunded"
    return ""


def switched_off(invoice: Invoice) -> str:
    """Return who has switched reminders off, or nothing."""
    for off, who in (
        (invoice.reminders_off, "this invoice"),
        (invoice.customer.reminders_off, "this customer"),
        (invoice.issuer.reminders_off, "this issuer"),
    ):
        if off:
            return f"reminders are off for {who}"
    return ""


def _holds(records: Records, invoice: Invoice, now: datetime) -> tuple[Hold, ...]:
    found = []
    if invoice.payment_status is PaymentStatus.PROCESSING:
        found.append(CLEARING)
    if (payment := records.awaited.get(invoice.invoice_id)) is not None:
        found += _awaited_hold(payment, now)
    left_out = [
        records.suppressed.get(suppressions.normalised(address))
        for address in written_to(invoice.customer, "reminders")
    ]
    if all(left_out):
        found.append(Hold(f"the customer's address is suppressed ({left_out[0]})"))
    if (hold := customer_holds.hold_of(invoice.customer, now)) is not None:
        found.append(hold)
    found += records.holds.get(invoice.invoice_id, [])
    return (*found, *_invoice_email_holds(records, invoice, now))


def _awaited_hold(payment: AwaitedPayment, now: datetime) -> list[Hold]:
    reason = f"waits for the customer's payment by {payment.text}"
    if payment.until is None:
        until = payment.since + AWAITED_WITHOUT_END
        return [Hold(reason, until)] if until > now else []
    if not payment.over(now):
        return [Hold(reason, payment.until)]
    # Whether it was paid in time only Stripe knows, and it is asked. Where it does not answer, the hand-over
    # of the reminder asks once more, and tells staff if that cannot be done.
    until = payment.until + STRIPE_ANSWERS
    return [Hold(f"{reason}; Stripe has not said yet how it ended", until, RECHECK)] if until > now else []


def _invoice_email_holds(records: Records, invoice: Invoice, now: datetime) -> list[Hold]:
    email = records.invoice_emails.get(invoice.invoice_id)
    found = [] if email is None else _invoice_email_hold(email, now)
    mailed = invoice.invoice_id in records.known_to_customer or invoice.issuer.host_mails_invoices
    return found if found or mailed else [NOT_EMAILED]


def _invoice_email_hold(email: Written, now: datetime) -> list[Hold]:
    if email.state in _NOT_OUT_YET:
        # It may be moved or cancelled, and nobody tells the ladder: so it looks again every hour.
        until = email.next_at if email.next_at > now else now + RECHECK
        return [Hold("the invoice email has not been sent yet", until, RECHECK)]
    return [Hold("the invoice email failed", None, RECHECK)] if email.state is MessageState.FAILED else []


def _invoice_due_at(records: Records, invoice: Invoice, now: datetime) -> datetime | None:
    email = records.invoice_emails.get(invoice.invoice_id)
    ahead = email is not None and email.state in _NOT_OUT_YET and email.next_at > now
    return email.next_at if email is not None and ahead else None


def _reminded_on(reminders: dict[str, Written], invoice: Invoice, now: datetime) -> date | None:
    today = local_date(invoice.issuer, now)
    for one in reminders.values():
        under_way = one.by_hand and one.state in _NOT_OUT_YET
        if under_way and local_date(invoice.issuer, one.next_at) <= today:
            return today
    handed = [r.handed_over_at for r in reminders.values() if r.state in HANDED_OVER and r.handed_over_at]
    return local_date(invoice.issuer, max(handed)) if handed else None


def _invoice_sent_on(records: Records, invoice: Invoice) -> date | None:
    email = records.invoice_emails.get(invoice.invoice_id)
    if email is None or email.state not in HANDED_OVER or email.handed_over_at is None:
        return None
    return local_date(invoice.issuer, email.handed_over_at)


def _first_emailed_on(records: Records, invoice: Invoice) -> date | None:
    first = records.first_emailed.get(invoice.invoice_id)
    if invoice.issuer.host_mails_invoices:
        return None  # ours is a copy: the customer has had the invoice before
    return None if first is None else local_date(invoice.issuer, first)
