"""Making, changing and ending a plan, by staff, under the invoice's lock."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import (
    PLAN_MOVES,
    Instalment,
    Invoice,
    MessageKind,
    PaymentPlan,
    PlanState,
    check_move,
)
from paymail.money import Money
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.ledger import entries, open_intent
from paymail.services.outbox import dedupe_keys
from paymail.services.outbox.open_reminders import suppress_open, write_open_afresh
from paymail.services.plans import instalments
from paymail.services.plans.instalments import BadPlan, Part


class NotPlannable(Conflict):
    """The invoice cannot have a plan now; the message says why."""

    code = "not_plannable"


def agree(
    session: Session, *, invoice_id: int, parts: Sequence[Part], actor: str, now: datetime
) -> PaymentPlan:
    """Divide what is owed now into `parts`, and tell the customer; an active plan ends by it, unless it
    is the very same.

    Raises NoSuchInvoice, NotPlannable, BadPlan.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if not invoice.can_pay:
        raise NotPlannable("nothing is owed, or a payment is clearing")
    given = tuple(parts)
    today = local_date(invoice.issuer, now)
    instalments.check(given, balance=invoice.balance, currency=invoice.currency, today=today)
    if invoice.plan is not None and is_of(invoice.plan, given):
        return invoice.plan  # a double click, or a request that was sent again
    if invoice.plan is not None:
        _end(session, invoice.plan, "replaced by another plan", actor, now)
    plan = PaymentPlan(invoice_id=invoice_id, actor=actor, created_at=now)
    plan.instalments = [
        Instalment(position=position, due_date=part.due, amount=part.amount)
        for position, part in enumerate(given, start=1)
    ]
    session.add(plan)
    _changed(session, invoice, "the payment plan has changed", now)
    shown = ", ".join(f"{Money(part.amount, invoice.currency)} on {part.due}" for part in given[:12])
    more = f" and {len(given) - 12} more" if len(given) > 12 else ""
    entries.note(session, invoice=invoice, kind="plan_agreed", actor=actor, now=now, detail=shown + more)
    _tell_customer(session, invoice, plan, actor, now)
    return plan


def _tell_customer(session: Session, invoice: Invoice, plan: PaymentPlan, actor: str, now: datetime) -> None:
    if invoice.customer.erased_at is not None:
        return
    key = dedupe_keys.plan(plan_id=plan.plan_id)
    entries.queue_email(session, invoice=invoice, kind=MessageKind.PLAN, key=key, actor=actor, now=now)


def is_of(plan: PaymentPlan, parts: Sequence[Part]) -> bool:
    """Whether a plan has just these parts."""
    return [(row.due_date, row.amount) for row in plan.instalments] == [
        (part.due, part.amount) for part in parts
    ]


def end(session: Session, *, invoice_id: int, reason: str, actor: str, now: datetime) -> None:
    """End the active plan: the whole balance is due on the invoice's date again.

    Raises NoSuchInvoice, NotPlannable, BadPlan: no reason is given.
    """
    if not reason.strip():
        raise BadPlan("enter a reason for ending the plan")
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if invoice.plan is None:
        raise NotPlannable("this invoice has no payment plan")
    _end(session, invoice.plan, reason, actor, now)
    # The steps of the invoice's own date are long past; no volley goes out for them.
    invoice.reminders_from = now
    _changed(session, invoice, "the payment plan has ended", now)
    entries.note(session, invoice=invoice, kind="plan_ended", actor=actor, now=now, detail=reason)


def _end(session: Session, plan: PaymentPlan, reason: str, actor: str, now: datetime) -> None:
    check_move(PLAN_MOVES, plan.state, PlanState.ENDED)
    plan.state, plan.reason, plan.ended_by, plan.ended_at = PlanState.ENDED, reason, actor, now
    session.flush()  # at most one is active: the old one ends before the new one begins


def _changed(session: Session, invoice: Invoice, reason: str, now: datetime) -> None:
    session.flush()
    session.expire(invoice, ["plan"])
    for kind in (MessageKind.REMINDER, MessageKind.PLAN):
        suppress_open(session, invoice_id=invoice.invoice_id, reason=reason, now=now, kind=kind)
    write_open_afresh(session, invoice_id=invoice.invoice_id)
    open_intent.mark_for_cancellation(session, invoice_id=invoice.invoice_id, now=now)
    invoice.next_reminder_at, invoice.updated_at = now, now
