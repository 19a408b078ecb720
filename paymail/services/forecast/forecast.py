"""What will go out, to whom, when, and what is held back and why.

Made by the same decision as the sweep's, so it cannot promise what the sweep does not do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import BulkSend, BulkState, Invoice, InvoiceStatus, Message, MessageKind, MessageState
from paymail.money import Money
from paymail.services.core.invoices import PARTIES_AND_PLAN
from paymail.services.delivery.permission import Way, standing
from paymail.services.plans.coverage import dues
from paymail.services.reminders import ladder, situation
from paymail.services.reminders.decision import (
    HELD_RECHECK,
    Decision,
    Policy,
    Situation,
    Step,
    decide,
    schedule,
)

SLACK = timedelta(days=75)
"""How far a due date may lie outside the window and still have a step in it, beside the ladder's length."""


@dataclass(frozen=True, slots=True)
class Coming:
    """One email that is to go out. `at` is None for what is held back without an end."""

    invoice_id: int
    number: str
    customer: str
    recipient: str
    kind: MessageKind
    step: str
    balance: Money
    at: datetime | None
    """UTC."""
    local: str
    """`at` on the issuer's clock, as people write it."""
    zone: str
    """The issuer's zone, an IANA name."""
    held: str
    """Why it does not go out as things stand; empty when it will."""


def local_text(policy: Policy, at: datetime | None) -> str:
    """Return an instant on the issuer's clock: `Tue 2026-04-14 09:00 AEST`."""
    return at.astimezone(policy.calendar.zone).strftime("%a %Y-%m-%d %H:%M %Z") if at else ""


def forecast(session: Session, *, now: datetime, days: int = 7, issuer_id: int | None = None) -> list[Coming]:
    """Return what goes out in the next `days`, in order, and what is held back, last."""
    until = now + timedelta(days=days)
    found = [*_queued(session, now, until, issuer_id), *_reminders(session, now, until, issuer_id)]
    return sorted(found, key=lambda one: (one.at is None, bool(one.held), one.at or now, one.invoice_id))


def _reminders(session: Session, now: datetime, until: datetime, issuer_id: int | None) -> Iterator[Coming]:
    today = now.date()
    statement = (
        select(Invoice)
        .where(
            Invoice.status == InvoiceStatus.SENT,
            Invoice.shortfall > 0,
            or_(
                and_(
                    Invoice.due_date >= today - timedelta(days=ladder.LATEST) - SLACK,
                    Invoice.due_date <= until.date() + timedelta(days=-ladder.EARLIEST) + SLACK,
                ),
                Invoice.plan.has(),
            ),
        )
        .options(*PARTIES_AND_PLAN)
        .order_by(Invoice.due_date, Invoice.invoice_id)
    )
    if issuer_id is not None:
        statement = statement.where(Invoice.issuer_id == issuer_id)
    found: list[tuple[Invoice, Policy]] = []
    for invoice in session.scalars(statement):
        try:
            policy = situation.policy_of(invoice)
            if any(invoice.reminders_from <= step.at <= until for step in schedule(policy, *dues(invoice))):
                found.append((invoice, policy))
        except PaymailError as error:
            yield _coming(invoice, None, "", None, str(error))
    steps = [(invoice, policy.ladder) for invoice, policy in found]
    situations = situation.gather(session, invoices=steps, now=now)
    for invoice, policy in found:
        for step, at, held in expected(policy, situations[invoice.invoice_id], now, until):
            yield _coming(invoice, policy, step.rung.key, at, held)


def expected(
    policy: Policy, facts: Situation, now: datetime, until: datetime
) -> Iterator[tuple[Step, datetime | None, str]]:
    """Play the ladder forward as the sweep would, if nothing changes: each step with when, or why not."""
    at: datetime | None = now
    while at is not None and at <= until:
        now_facts = _without_ended_holds(facts, at)
        decision = decide(policy, now_facts, at)
        ended = {skipped.step.key for skipped in decision.skipped}
        if decision.send is not None:
            yield decision.send, at, ""
            ended.add(decision.send.key)
            facts = replace(facts, sent=facts.sent + 1)
        elif decision.current is not None and _lasts(decision, now_facts, until):
            yield decision.current, None, decision.reason
            ended.add(decision.current.key)
        facts = replace(facts, done={*facts.done, *ended})
        at = decision.look_at if decision.look_at is None or decision.look_at > at else None


def _lasts(decision: Decision, facts: Situation, until: datetime) -> bool:
    """Whether what stands against a step now still does at the end of the window, or without end."""
    endless = bool(facts.holds) and facts.holds[0].until is None
    return endless or decision.look_at is None or decision.look_at > until


def _without_ended_holds(facts: Situation, at: datetime) -> Situation:
    return replace(facts, holds=tuple(h for h in facts.holds if h.until is None or h.until > at))


def _queued(session: Session, now: datetime, until: datetime, issuer_id: int | None) -> Iterator[Coming]:
    statement = (
        select(Message, Invoice)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(Message.state.in_((MessageState.SCHEDULED, MessageState.SENDING)), Message.next_at <= until)
        .options(*PARTIES_AND_PLAN)
        .order_by(Message.next_at)
    )
    if issuer_id is not None:
        statement = statement.where(Invoice.issuer_id == issuer_id)
    for message, invoice in session.execute(statement):
        try:
            policy: Policy | None = situation.policy_of(invoice)
        except PaymailError:
            policy = None
        at, held = _prospect(session, message, invoice, now)
        one = _coming(invoice, policy, message.step, at, held)
        yield replace(one, kind=message.kind, recipient=message.recipient)


def _prospect(
    session: Session, message: Message, invoice: Invoice, now: datetime
) -> tuple[datetime | None, str]:
    """Return when a queued message goes out, and what stands against it then."""
    due = max(message.next_at, now)
    paused = message.bulk_id and session.get_one(BulkSend, message.bulk_id).state is BulkState.PAUSED
    if paused:
        return None, f"bulk send {message.bulk_id} is paused"
    try:
        found = standing(session, message=message, invoice=invoice, now=due)
    except PaymailError as error:
        return None, str(error)
    if found.way is Way.GO:
        return due, ""
    endless = found.until is None or found.until == due + HELD_RECHECK
    return (None, found.reason) if found.way is Way.DROP or endless else (found.until, "")


def _coming(invoice: Invoice, policy: Policy | None, step: str, at: datetime | None, held: str) -> Coming:
    return Coming(
        invoice_id=invoice.invoice_id,
        number=invoice.number,
        customer=invoice.customer.name,
        recipient=invoice.customer.email,
        kind=MessageKind.REMINDER,
        step=step,
        balance=Money(invoice.balance, invoice.currency),
        at=at,
        local=local_text(policy, at) if policy else "",
        zone=invoice.issuer.timezone,
        held=held,
    )
