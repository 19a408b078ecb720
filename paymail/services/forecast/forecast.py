"""What will go out, to whom, when, and what is held back and why.

Made by the same decision as the sweep's, so it cannot promise what the sweep does not do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import (
    BulkSend,
    BulkState,
    Invoice,
    InvoiceStatus,
    Issuer,
    Message,
    MessageKind,
    MessageState,
    in_state,
)
from paymail.money import Money
from paymail.services.core.invoices import PARTIES_AND_PLAN, local_date
from paymail.services.customers import monthly_statements
from paymail.services.delivery.permission import permission_of
from paymail.services.forecast.expected_reminders import expected
from paymail.services.plans.coverage import dues
from paymail.services.reminders import ladder, situation
from paymail.services.reminders.permission import Answer, Situation
from paymail.services.reminders.policy import Policy, schedule

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
    queued = list(_queued(session, now, until, issuer_id))
    written = {
        one.invoice_id: one.at for one in queued if one.kind is MessageKind.REMINDER and one.at is not None
    }
    found = [*queued, *_reminders(session, now, until, issuer_id, written)]
    found += _statements(session, now, until, issuer_id)
    return sorted(found, key=lambda one: (one.at is None, bool(one.held), one.at or now, one.invoice_id))


def _reminders(
    session: Session, now: datetime, until: datetime, issuer_id: int | None, written: Mapping[int, datetime]
) -> Iterator[Coming]:
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
        facts, goes_at = situations[invoice.invoice_id], written.get(invoice.invoice_id)
        for step, at, held in expected(policy, facts, now, until, written=goes_at):
            yield _coming(invoice, policy, step.rung.key, at, held)


def _statements(session: Session, now: datetime, until: datetime, issuer_id: int | None) -> Iterator[Coming]:
    """Yield the monthly statements of runs that begin by then, or have more to write."""
    on = select(Issuer).where(Issuer.statement_day.is_not(None))
    for issuer in session.scalars(on if issuer_id is None else on.where(Issuer.issuer_id == issuer_id)):
        try:
            begun = monthly_statements.due_run(session, issuer, now=now)
            days = monthly_statements.runs(issuer, around=local_date(issuer, now))
        except PaymailError:
            continue  # its reminders say so
        coming = [run for run in days if now < run.at <= until and run.day != issuer.statements_done]
        for run in [*([begun] if begun else []), *coming]:
            after = issuer.statements_after if run == begun else 0
            owed = monthly_statements.owing(session, issuer_id=issuer.issuer_id, at=run.at, after=after)
            yield from _of_run(session, owed, max(run.at, now))


def _of_run(session: Session, owed: list[monthly_statements.Owing], at: datetime) -> Iterator[Coming]:
    newest = [one.invoice_id for one in owed]
    wanted = select(Invoice).where(Invoice.invoice_id.in_(newest)).options(*PARTIES_AND_PLAN)
    known = {invoice.invoice_id: invoice for invoice in session.scalars(wanted)}
    for one in owed:
        invoice = known[one.invoice_id]
        row = _coming(invoice, _policy_or_none(invoice), "", at, "")
        yield replace(row, kind=MessageKind.STATEMENT, balance=Money(one.minor, one.currency))


def _queued(session: Session, now: datetime, until: datetime, issuer_id: int | None) -> Iterator[Coming]:
    statement = (
        select(Message, Invoice)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(in_state(MessageState.SCHEDULED, MessageState.SENDING), Message.next_at <= until)
        .options(*PARTIES_AND_PLAN)
        .order_by(Message.next_at)
    )
    if issuer_id is not None:
        statement = statement.where(Invoice.issuer_id == issuer_id)
    for message, invoice in session.execute(statement):
        policy = _policy_or_none(invoice)
        at, held = prospect(session, message=message, invoice=invoice, now=now, until=until)
        one = _coming(invoice, policy, message.step, at, held)
        yield replace(one, kind=message.kind, recipient=message.recipient)


def _policy_or_none(invoice: Invoice) -> Policy | None:
    try:
        return situation.policy_of(invoice)
    except PaymailError:
        return None


def prospect(
    session: Session, *, message: Message, invoice: Invoice, now: datetime, until: datetime
) -> tuple[datetime | None, str]:
    """Return when a queued message goes out by `until` if nothing changes, or None and why it does not."""
    if message.bulk_id and session.get_one(BulkSend, message.bulk_id).state is BulkState.PAUSED:
        return None, f"bulk send {message.bulk_id} is paused"
    at = max(message.next_at, now)
    try:
        facts = _facts(session, message, invoice, now)
        while True:
            found = permission_of(session, message=message, invoice=invoice, now=at, facts=facts)
            if found.answer is not Answer.WAIT or found.until is None or found.until > until:
                return (at, "") if found.answer is Answer.GO else (None, found.reason)
            at = found.until
    except PaymailError as error:
        return None, str(error)


def _facts(session: Session, message: Message, invoice: Invoice, now: datetime) -> Situation | None:
    if message.kind is not MessageKind.REMINDER:
        return None
    steps = situation.policy_of(invoice).ladder
    return situation.situation_of(session, invoice=invoice, steps=steps, now=now, without=message.dedupe_key)


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
