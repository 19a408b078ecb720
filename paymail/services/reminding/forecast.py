"""What will go out, to whom, when, and what is held back and why; and the same of one invoice, explained.

Made by the same decision as the sweep's, so it cannot promise what the sweep does not do.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from paymail.errors import PaymailError
from paymail.models import Invoice, InvoiceStatus, Message, MessageState
from paymail.money import Money
from paymail.services import dedupe
from paymail.services.composing import load_invoice
from paymail.services.reminding import ladder, situation
from paymail.services.reminding.plan import Decision, Policy, Situation, Step, decide, pending, schedule

SLACK = timedelta(days=75)
"""How far a due date may lie outside the window and still have a step in it, beside the ladder's length."""


@dataclass(frozen=True, slots=True)
class Coming:
    """One email that is to go out. `at` is None for what is held back without an end."""

    invoice_id: int
    number: str
    customer: str
    recipient: str
    kind: str
    step: str
    balance: Money
    at: datetime | None
    """UTC."""
    local: str
    """`at` on the issuer's clock, as people write it."""
    held: str
    """Why it does not go out as things stand; empty when it will."""


@dataclass(frozen=True, slots=True)
class StepFate:
    """A step of an invoice's ladder and what became of it, or will."""

    step: str
    tone: str
    at: datetime
    local: str
    fate: str
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an invoice's reminders are as they are."""

    invoice: Invoice
    next_at: datetime | None
    """When the next one goes out if nothing changes; None: none will."""
    next_local: str
    reason: str
    """Why nothing goes out now."""
    steps: tuple[StepFate, ...]
    problem: str = ""
    """Why the ladder cannot be planned at all (a broken setting)."""


def local_text(policy: Policy, at: datetime | None) -> str:
    """Return an instant on the issuer's clock: `Tue 2026-04-14 09:00 AEST`."""
    return at.astimezone(policy.calendar.zone).strftime("%a %Y-%m-%d %H:%M %Z") if at else ""


def forecast(session: Session, *, now: datetime, days: int = 7, issuer_id: int | None = None) -> list[Coming]:
    """Return what goes out in the next `days`, in order, and what is held back, last."""
    until = now + timedelta(days=days)
    found = [*_queued(session, until, issuer_id), *_reminders(session, now, until, issuer_id)]
    return sorted(found, key=lambda one: (one.at is None, bool(one.held), one.at or now, one.invoice_id))


def _reminders(session: Session, now: datetime, until: datetime, issuer_id: int | None) -> Iterator[Coming]:
    today = now.date()
    statement = (
        select(Invoice)
        .where(
            Invoice.status == InvoiceStatus.SENT,
            Invoice.amount_paid < Invoice.total,
            Invoice.due_date >= today - timedelta(days=ladder.LATEST) - SLACK,
            Invoice.due_date <= until.date() + timedelta(days=-ladder.EARLIEST) + SLACK,
        )
        .options(joinedload(Invoice.issuer), joinedload(Invoice.customer))
        .order_by(Invoice.due_date, Invoice.invoice_id)
    )
    if issuer_id is not None:
        statement = statement.where(Invoice.issuer_id == issuer_id)
    ended = _ended_steps(session)
    for invoice in session.scalars(statement):
        try:
            yield from _of_invoice(session, invoice, ended.get(invoice.invoice_id, frozenset()), now, until)
        except PaymailError as error:
            yield _coming(invoice, None, "", None, str(error))


def _ended_steps(session: Session) -> dict[int, set[str]]:
    """Return the dedupe keys of each owed invoice's reminders: one question instead of one an invoice."""
    statement = (
        select(Message.invoice_id, Message.dedupe_key)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(Message.kind == "reminder", Invoice.amount_paid < Invoice.total)
    )
    found: dict[int, set[str]] = {}
    for invoice_id, key in session.execute(statement):
        found.setdefault(invoice_id, set()).add(key)
    return found


def _of_invoice(
    session: Session, invoice: Invoice, ended: Collection[str], now: datetime, until: datetime
) -> Iterator[Coming]:
    policy = situation.policy_of(invoice)
    if not any(
        invoice.reminders_from <= step.at <= until
        and dedupe.reminder(invoice_id=invoice.invoice_id, due=invoice.due_date, step=step.rung.key)
        not in ended
        for step in schedule(policy, invoice.due_date)
    ):
        return
    facts = situation.situation_of(session, invoice=invoice, steps=policy.ladder, now=now)
    for step, at, held in expected(policy, facts, now, until):
        yield _coming(invoice, policy, step.rung.key, at, held)


def expected(
    policy: Policy, facts: Situation, now: datetime, until: datetime
) -> Iterator[tuple[Step, datetime | None, str]]:
    """Play the ladder forward as the sweep would, if nothing changes: each step with when, or why not."""
    at: datetime | None = now
    while at is not None and at <= until:
        now_facts = _without_ended_holds(facts, at)
        decision = decide(policy, now_facts, at)
        ended = {skipped.step.rung.key for skipped in decision.skipped}
        if decision.send is not None:
            yield decision.send, at, ""
            ended.add(decision.send.rung.key)
            facts = replace(facts, sent=facts.sent + 1)
        elif decision.current is not None and _lasts(decision, now_facts, until):
            yield decision.current, None, decision.reason
            ended.add(decision.current.rung.key)
        facts = replace(facts, done={*facts.done, *ended})
        at = decision.look_at


def _lasts(decision: Decision, facts: Situation, until: datetime) -> bool:
    """Whether what stands against a step now still does at the end of the window, or without end."""
    endless = bool(facts.holds) and facts.holds[0].until is None
    return endless or decision.look_at is None or decision.look_at > until


def _without_ended_holds(facts: Situation, at: datetime) -> Situation:
    return replace(facts, holds=tuple(h for h in facts.holds if h.until is None or h.until > at))


def _queued(session: Session, until: datetime, issuer_id: int | None) -> Iterator[Coming]:
    statement = (
        select(Message, Invoice)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(Message.state.in_((MessageState.SCHEDULED, MessageState.SENDING)), Message.next_at <= until)
        .options(joinedload(Invoice.issuer), joinedload(Invoice.customer))
        .order_by(Message.next_at)
    )
    if issuer_id is not None:
        statement = statement.where(Invoice.issuer_id == issuer_id)
    for message, invoice in session.execute(statement):
        try:
            policy: Policy | None = situation.policy_of(invoice)
        except PaymailError:
            policy = None
        one = _coming(invoice, policy, message.step, message.next_at, "")
        yield replace(one, kind=message.kind, recipient=message.recipient)


def _coming(invoice: Invoice, policy: Policy | None, step: str, at: datetime | None, held: str) -> Coming:
    return Coming(
        invoice_id=invoice.invoice_id,
        number=invoice.number,
        customer=invoice.customer.name,
        recipient=invoice.customer.email,
        kind="reminder",
        step=step,
        balance=Money(invoice.balance, invoice.currency),
        at=at,
        local=local_text(policy, at) if policy else "",
        held=held,
    )


def explain(session: Session, *, invoice_id: int, now: datetime) -> Explanation:
    """Return each step of an invoice's ladder with its fate, the next one, and why none goes now.

    Raises NoSuchInvoice.
    """
    invoice = load_invoice(session, invoice_id=invoice_id)
    try:
        policy = situation.policy_of(invoice)
    except PaymailError as error:
        return Explanation(invoice, None, "", "", (), problem=str(error))
    facts = situation.situation_of(session, invoice=invoice, steps=policy.ladder, now=now)
    reason = decide(policy, facts, now).reason
    horizon = now + timedelta(days=ladder.LATEST) + SLACK
    ahead = {step.rung.key: (at, held) for step, at, held in expected(policy, facts, now, horizon)}
    next_at = min((at for at, _held in ahead.values() if at is not None), default=None)
    steps = tuple(_fate(session, invoice, policy, facts, step, ahead) for step in schedule(policy, facts.due))
    return Explanation(invoice, next_at, local_text(policy, next_at), reason, steps)


def _fate(
    session: Session,
    invoice: Invoice,
    policy: Policy,
    facts: Situation,
    step: Step,
    ahead: dict[str, tuple[datetime | None, str]],
) -> StepFate:
    key = dedupe.reminder(invoice_id=invoice.invoice_id, due=invoice.due_date, step=step.rung.key)
    message = session.scalars(select(Message).where(Message.dedupe_key == key)).one_or_none()
    at, fate = step.at, facts.not_owed or "a later step takes its place"
    if message is not None:
        fate = f"{message.state}: {message.reason}" if message.reason else message.state.value
    elif step not in pending(policy, facts):
        fate = "before paymail knew the invoice, or while reminders were off"
    elif step.rung.key in ahead:
        planned, held = ahead[step.rung.key]
        at, fate = planned or step.at, held or "will be sent"
    return StepFate(
        step=step.rung.key,
        tone=step.rung.tone,
        at=at,
        local=local_text(policy, at),
        fate=fate,
        message_id=message.message_id if message else None,
    )
