"""What will go out, to whom, when, and what is held back and why.

Made by the same decision as the sweep's, so it cannot promise what the sweep does not do.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import BulkSend, BulkState, Invoice, Message, MessageKind, MessageState, in_state
from paymail.services.core.invoices import PARTIES_AND_PLAN
from paymail.services.delivery.permission import permission_of
from paymail.services.forecast.coming import Coming, coming
from paymail.services.forecast.coming_statements import coming_statements
from paymail.services.forecast.expected_reminders import expected
from paymail.services.letters.addressees import addresses
from paymail.services.lists.payment_state import OWED
from paymail.services.outbox import suppressions
from paymail.services.plans.coverage import dues
from paymail.services.reminders import ladder, situation
from paymail.services.reminders.permission import Answer, Situation
from paymail.services.reminders.policy import Policy, schedule

SLACK = timedelta(days=75)
"""How far a due date may lie outside the window and still have a step in it, beside the ladder's length."""

AT_ONCE = 1000
"""Addresses that are asked about in one statement."""


def forecast(
    session: Session,
    *,
    now: datetime,
    days: int = 7,
    issuer_id: int | None = None,
    most: int | None = None,
    only_looked_at: bool = False,
) -> list[Coming]:
    """Return what goes out in the next `days`, in order, and what is held back, last.

    With `most` it is made of the first so many emails that are written, and the first so many invoices that
    the ladder looks at. With `only_looked_at` all that goes out is there, but of what is held back only that
    of invoices that the ladder looks at in these days.
    """
    until = now + timedelta(days=days)
    queued = list(_queued(session, now, until, issuer_id, most))
    written = {
        one.invoice_id: one.at for one in queued if one.kind is MessageKind.REMINDER and one.at is not None
    }
    invoices = _invoices(now, until, most, only_looked_at=only_looked_at or most is not None)
    found = [*queued, *_reminders(session, invoices, now, until, issuer_id, written)]
    found += coming_statements(session, now, until, issuer_id, most)
    return sorted(found, key=lambda one: (one.at is None, bool(one.held), one.at or now, one.invoice_id))


def _invoices(now: datetime, until: datetime, most: int | None, *, only_looked_at: bool) -> Select[Invoice]:
    statement = select(Invoice).options(*PARTIES_AND_PLAN)
    if only_looked_at:
        statement = statement.where(*looked_at(until))
        return statement.order_by(Invoice.next_reminder_at, Invoice.invoice_id).limit(most)
    statement = statement.where(OWED, or_(falls_due_near(now, until), Invoice.plan.has()))
    return statement.order_by(Invoice.due_date, Invoice.invoice_id)


def _reminders(
    session: Session,
    statement: Select[Invoice],
    now: datetime,
    until: datetime,
    issuer_id: int | None,
    written: Mapping[int, datetime],
) -> Iterator[Coming]:
    if issuer_id is not None:
        statement = statement.where(Invoice.issuer_id == issuer_id)
    found: list[tuple[Invoice, Policy]] = []
    for invoice in session.scalars(statement):
        try:
            policy = situation.policy_of(invoice)
            if any(invoice.reminders_from <= step.at <= until for step in schedule(policy, *dues(invoice))):
                found.append((invoice, policy))
        except PaymailError as error:
            yield coming(invoice, None, "", None, str(error))
    steps = [(invoice, policy.ladder) for invoice, policy in found]
    situations = situation.gather(session, invoices=steps, now=now)
    for invoice, policy in found:
        facts, goes_at = situations[invoice.invoice_id], written.get(invoice.invoice_id)
        for step, at, held in expected(policy, facts, now, until, written=goes_at):
            yield coming(invoice, policy, step.rung.key, at, held)


def falls_due_near(now: datetime, until: datetime) -> ColumnElement[bool]:
    """Return the condition that an invoice without a plan may have a step of some ladder in the window."""
    from_, to = timedelta(days=-ladder.LATEST) - SLACK, timedelta(days=-ladder.EARLIEST) + SLACK
    return Invoice.due_date.between(now.date() + from_, until.date() + to)


def looked_at(until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that the ladder looks at an invoice until then; not each gets a reminder."""
    return OWED, Invoice.next_reminder_at <= until


def queued_until(until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a message is written and due until then."""
    return in_state(MessageState.SCHEDULED, MessageState.SENDING), Message.next_at <= until


def _queued(
    session: Session, now: datetime, until: datetime, issuer_id: int | None, most: int | None
) -> Iterator[Coming]:
    statement = (
        select(Message, Invoice)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(*queued_until(until))
        .options(*PARTIES_AND_PLAN)
        .order_by(Message.next_at, Message.message_id)
        .limit(most)
    )
    if issuer_id is not None:
        statement = statement.where(Invoice.issuer_id == issuer_id)
    found = [(message, invoice) for message, invoice in session.execute(statement)]
    suppressed = _suppressed(session, found)
    situations = _situations(session, found, now)
    for message, invoice in found:
        at, held = prospect(
            session,
            message=message,
            invoice=invoice,
            now=now,
            until=until,
            facts=situations.get(message.message_id),
            suppressed=suppressed,
        )
        one = coming(invoice, situation.policy_or_none(invoice), message.step, at, held)
        yield replace(one, kind=message.kind, recipient=message.recipient)


def _suppressed(session: Session, found: Iterable[tuple[Message, Invoice]]) -> dict[str, str]:
    """Return which of the addresses of these messages are suppressed, by a few statements."""
    asked = sorted({one for message, invoice in found for one in addresses(message, invoice)})
    suppressed: dict[str, str] = {}
    for start in range(0, len(asked), AT_ONCE):
        suppressed |= suppressions.among(session, addresses=asked[start : start + AT_ONCE])
    return suppressed


def _situations(
    session: Session, found: Iterable[tuple[Message, Invoice]], now: datetime
) -> dict[int, Situation]:
    """Return, by message, what the reminders among these depend on: each without itself.

    Those of an invoice with two of them, or with a broken ladder, are left out, to be looked at one by one.
    """
    reminders = [one for one in found if one[0].kind is MessageKind.REMINDER]
    times = Counter(message.invoice_id for message, _invoice in reminders)
    lone = [(message, invoice) for message, invoice in reminders if times[message.invoice_id] == 1]
    steps = []
    for _message, invoice in lone:
        if policy := situation.policy_or_none(invoice):
            steps.append((invoice, policy.ladder))
    keys = {message.dedupe_key for message, _invoice in lone}
    by_invoice = situation.gather(session, invoices=steps, now=now, without=keys)
    return {m.message_id: by_invoice[i.invoice_id] for m, i in lone if i.invoice_id in by_invoice}


def prospect(
    session: Session,
    *,
    message: Message,
    invoice: Invoice,
    now: datetime,
    until: datetime,
    facts: Situation | None = None,
    suppressed: Mapping[str, str] | None = None,
) -> tuple[datetime | None, str]:
    """Return when a queued message goes out by `until` if nothing changes, or None and why it does not.

    `facts` and `suppressed` are what `permission_of` takes.
    """
    if message.bulk_id and session.get_one(BulkSend, message.bulk_id).state is BulkState.PAUSED:
        return None, f"bulk send {message.bulk_id} is paused"
    at = max(message.next_at, now)
    try:
        if facts is None:
            facts = _facts(session, message, invoice, now)
        while True:
            found = permission_of(
                session, message=message, invoice=invoice, now=at, facts=facts, suppressed=suppressed
            )
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
