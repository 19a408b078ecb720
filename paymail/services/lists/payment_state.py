"""Where the money of an invoice stands, in one word: a list's column, a filter, and what Home counts."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, false, literal_column, or_, select
from sqlalchemy.orm import Session

from paymail.models import (
    HoldReason,
    Invoice,
    InvoiceStatus,
    Objection,
    PaymentPlan,
    PaymentStatus,
    PlanState,
    ReminderHold,
)


class PaymentState(StrEnum):
    """What a person asks of an invoice's money. Several may hold."""

    OWED = "owed"
    """Issued, not void, and money is missing; the next but one are among these."""
    UNPAID = "unpaid"
    """Owed, and nothing arrived."""
    PART_PAID = "part-paid"
    """Owed, and some arrived."""
    CLEARING = "clearing"
    PAID = "paid"
    NOTHING_DUE = "nothing-due"
    """Issued, and nothing was asked for, or all of it was credited or written off."""
    OVERPAID = "overpaid"
    REFUNDED = "refunded"
    PART_REFUNDED = "part-refunded"
    WRITTEN_OFF = "written-off"
    DRAFT = "draft"
    VOID = "void"
    DISPUTED = "disputed"
    """Owed, and its reminders wait for a dispute, as for what the next ones say."""
    OBJECTED = "objected"
    """The customer says that something is wrong, and has no answer yet; also where nothing is owed by now."""
    COMPLAINED = "complained"
    """The customer reported an email as spam."""
    SAYS_PAID = "says-paid"
    """The customer says that they have paid."""
    PROMISED = "promised"
    PROMISE_BROKEN = "promise-broken"
    """The day of the promise has passed, and no other was promised."""
    ON_A_PLAN = "on-a-plan"


OWED = and_(Invoice.status == literal_column("'sent'"), Invoice.shortfall > literal_column("0"))
"""Issued and money is missing. Written out, so that both databases see that `ix_invoices_owed` is meant."""
_P = PaymentState
_HELD = {
    _P.DISPUTED: HoldReason.DISPUTED,
    _P.COMPLAINED: HoldReason.COMPLAINED,
    _P.SAYS_PAID: HoldReason.CLAIMED,
    _P.PROMISED: HoldReason.PROMISED,
}
PRECEDENCE = (
    _P.DISPUTED,
    _P.OBJECTED,
    _P.SAYS_PAID,
    _P.PROMISE_BROKEN,
    _P.COMPLAINED,
    _P.ON_A_PLAN,
    _P.PROMISED,
)
"""Of what is said of an owed invoice beside its amounts, which is shown."""


def stands_as(wanted: Iterable[PaymentState], now: datetime) -> ColumnElement[bool]:
    """Return the condition that one of these holds for an invoice at `now` (UTC)."""
    return or_(false(), *(_is(one, now) for one in wanted))


def said_as(wanted: PaymentState, now: datetime) -> ColumnElement[bool]:
    """Return the same without OWED, of one that a customer said: for statements over what is owed, which an
    index answers as long as nothing else of an invoice is asked."""
    if wanted is _P.PROMISE_BROKEN:
        return and_(_held(HoldReason.PROMISED, now, over=True), ~_held(HoldReason.PROMISED, now))
    return _held(_HELD[wanted], now)


def said_of(session: Session, *, invoice_ids: Iterable[int], now: datetime) -> dict[int, PaymentState]:
    """Return, of those of some invoices that are owed, what stands beside the amounts, by PRECEDENCE.

    One statement. Invoices of which nothing is said are left out.
    """
    columns = [_is(one, now) for one in PRECEDENCE]
    statement = select(Invoice.invoice_id, *columns).where(Invoice.invoice_id.in_(list(invoice_ids)), OWED)
    found = {}
    for invoice_id, *held in session.execute(statement):
        words = (word for word, holds in zip(PRECEDENCE, held, strict=True) if holds)
        if word := next(words, None):
            found[invoice_id] = word
    return found


def state_of(invoice: Invoice, said: PaymentState | None) -> PaymentState:
    """Return the one word for an invoice of which `said` is said beside its amounts."""
    if invoice.status is not InvoiceStatus.SENT:
        return _P.VOID if invoice.status is InvoiceStatus.VOID else _P.DRAFT
    if said is _P.DISPUTED or not invoice.owed:
        return said or _settled(invoice)
    if invoice.payment_status is PaymentStatus.PROCESSING:
        return _P.CLEARING
    return said or (_P.PART_PAID if invoice.received > 0 else _P.UNPAID)


def _settled(invoice: Invoice) -> PaymentState:
    if invoice.overpaid:
        return _P.OVERPAID
    if invoice.payment_status is PaymentStatus.PROCESSING:
        return _P.CLEARING
    if invoice.amount_written_off:
        return _P.WRITTEN_OFF
    words = {
        PaymentStatus.PAID: _P.PAID,
        PaymentStatus.REFUNDED: _P.REFUNDED,
        PaymentStatus.PARTIALLY_REFUNDED: _P.PART_REFUNDED,
    }
    return words.get(invoice.payment_status, _P.NOTHING_DUE) if invoice.total else _P.NOTHING_DUE


def _is(wanted: PaymentState, now: datetime) -> ColumnElement[bool]:
    if wanted in _HELD:
        return and_(OWED, _held(_HELD[wanted], now))
    return _CONDITIONS[wanted](now)


def _held(reason: HoldReason, now: datetime, *, over: bool = False) -> ColumnElement[bool]:
    until = ReminderHold.until
    time = until <= now if over else or_(until.is_(None), until > now)
    held = select(ReminderHold.invoice_id).where(
        ReminderHold.reason == reason, ReminderHold.lifted_at.is_(None), time
    )
    return Invoice.invoice_id.in_(held)


def _broken(now: datetime) -> ColumnElement[bool]:
    return and_(OWED, said_as(_P.PROMISE_BROKEN, now))


def _planned(_now: datetime) -> ColumnElement[bool]:
    plan = exists().where(PaymentPlan.invoice_id == Invoice.invoice_id, PaymentPlan.state == PlanState.ACTIVE)
    return and_(OWED, plan)


def _objected(_now: datetime) -> ColumnElement[bool]:
    # By the objection, not its hold: staff may lift that, and the customer still has no answer.
    unanswered = select(Objection.invoice_id).where(Objection.closed_at.is_(None))
    return and_(Invoice.status == InvoiceStatus.SENT, Invoice.invoice_id.in_(unanswered))


def _issued(*also: ColumnElement[bool]) -> Callable[[datetime], ColumnElement[bool]]:
    return lambda _now: and_(Invoice.status == InvoiceStatus.SENT, *also)


_STATUS, _DONE = Invoice.payment_status, Invoice.shortfall <= 0
_CONDITIONS: dict[PaymentState, Callable[[datetime], ColumnElement[bool]]] = {
    _P.OWED: lambda _now: OWED,
    _P.UNPAID: lambda _now: and_(OWED, _STATUS == PaymentStatus.UNPAID),
    _P.PART_PAID: lambda _now: and_(OWED, _STATUS.not_in((PaymentStatus.UNPAID, PaymentStatus.PROCESSING))),
    _P.CLEARING: _issued(_STATUS == PaymentStatus.PROCESSING),
    _P.PAID: _issued(_STATUS == PaymentStatus.PAID, _DONE, Invoice.total > 0),
    _P.NOTHING_DUE: _issued(Invoice.shortfall == 0, _STATUS == PaymentStatus.UNPAID),
    _P.OVERPAID: _issued(Invoice.shortfall < 0),
    _P.REFUNDED: _issued(_STATUS == PaymentStatus.REFUNDED),
    _P.PART_REFUNDED: _issued(_STATUS == PaymentStatus.PARTIALLY_REFUNDED),
    _P.WRITTEN_OFF: _issued(Invoice.amount_written_off > 0),
    _P.DRAFT: lambda _now: Invoice.status == InvoiceStatus.DRAFT,
    _P.VOID: lambda _now: Invoice.status == InvoiceStatus.VOID,
    _P.OBJECTED: _objected,
    _P.PROMISE_BROKEN: _broken,
    _P.ON_A_PLAN: _planned,
}
