"""Refunds that one person asks for and another approves: the only way on above an issuer's limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager

from paymail.errors import Conflict, Denied, NotFound
from paymail.models import (
    REFUND_MOVES,
    Customer,
    Invoice,
    Payment,
    Refund,
    RefundStatus,
    StaffRole,
    StaffUser,
    check_move,
)
from paymail.money import Money
from paymail.services.access.roles import Act, may, refusal, roles_of
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger import entries
from paymail.services.refunds import refund_limits, refund_requests

MOST_SHOWN = 200
_R = RefundStatus


class NoSuchRefund(NotFound):
    """There is no refund of this id."""

    code = "no_such_refund"


class AlreadyDecided(Conflict):
    """The refund does not wait for approval any more."""

    code = "refund_already_decided"


class OwnRefund(Denied):
    """Nobody approves what they asked for themselves."""

    code = "own_refund"


class NotYours(Denied):
    """Only whoever asked for a refund withdraws it; others refuse it."""

    code = "not_your_refund"


@dataclass(frozen=True, slots=True)
class Waiting:
    """The refunds that wait for approval: how many, and how much in each currency."""

    count: int
    sums: tuple[Money, ...]


def approve(session: Session, *, refund_id: int, person: str, now: datetime, invoice_id: int = 0) -> Refund:
    """Let a proposed refund go on, if it still can by the books of now.

    `person` is the address of somebody with an account, who may refund for the issuer and did not ask for
    it: programs and the command line have none. With an `invoice_id`, only a refund of that invoice.
    Raises NoSuchRefund, AlreadyDecided, OwnRefund, NotAllowed, BadRefund, NotRefundable.
    """
    refund, invoice = _proposed(session, refund_id, invoice_id)
    if person == refund.actor:
        raise OwnRefund("you asked for this refund yourself; another person has to approve it")
    _check_role(session, person, invoice.issuer_id)
    payment = session.get_one(Payment, refund.payment_id)
    refund_limits.check(
        session, payment=payment, amount=refund.amount, channel=refund.channel, besides=refund
    )
    refund.decided_by = person
    refund.asked_at, refund.created_at = refund.created_at, now
    _note(session, invoice, refund, "refund_approved", person, now)
    refund_requests.begin(session, invoice=invoice, refund=refund, actor=person, now=now)
    return refund


def refuse(
    session: Session, *, refund_id: int, reason: str, actor: str, now: datetime, invoice_id: int = 0
) -> Refund:
    """End a proposed refund, for a reason that staff read. Raises NoSuchRefund, AlreadyDecided."""
    refund, invoice = _proposed(session, refund_id, invoice_id)
    refund.decided_by = actor
    _end(session, invoice, refund, _R.REFUSED, actor, now, reason)
    return refund


def withdraw(session: Session, *, refund_id: int, actor: str, now: datetime, invoice_id: int = 0) -> Refund:
    """End a proposed refund that `actor` asked for. Raises NoSuchRefund, AlreadyDecided, NotYours."""
    refund, invoice = _proposed(session, refund_id, invoice_id)
    if actor != refund.actor:
        raise NotYours("somebody else asked for this refund; you can refuse it instead")
    _end(session, invoice, refund, _R.WITHDRAWN, actor, now)
    return refund


def waiting(session: Session, *, company: tuple[int, ...] = ()) -> Waiting:
    """Return what waits for approval, of all issuers or some."""
    grouped = select(Refund.currency, func.count(), func.sum(Refund.amount)).group_by(Refund.currency)
    grouped = grouped.where(Refund.status == _R.PROPOSED).order_by(Refund.currency)
    if company:
        grouped = grouped.where(Refund.issuer_id.in_(company))
    rows = session.execute(grouped).all()
    # SUM of a BIGINT is a Decimal on PostgreSQL.
    return Waiting(
        sum(count for _, count, _ in rows),
        tuple(Money(int(total), currency) for currency, _, total in rows),
    )


def proposals(
    session: Session, *, company: tuple[int, ...] = (), limit: int = MOST_SHOWN
) -> Sequence[tuple[Refund, Invoice]]:
    """Return the refunds that wait for approval with their invoices, the oldest first, at most `limit`."""
    statement = (
        select(Refund, Invoice)
        .join(Invoice, Invoice.invoice_id == Refund.invoice_id)
        .join(Customer, Customer.customer_id == Invoice.customer_id)
        .options(contains_eager(Invoice.customer))
        .where(Refund.status == _R.PROPOSED)
        .order_by(Refund.refund_id)
        .limit(limit)
    )
    if company:
        statement = statement.where(Refund.issuer_id.in_(company))
    return [(refund, invoice) for refund, invoice in session.execute(statement)]


def _proposed(session: Session, refund_id: int, invoice_id: int) -> tuple[Refund, Invoice]:
    """Return a refund that waits, under the lock of its invoice: of two who decide at once one is late."""
    known = select(Refund.invoice_id).where(Refund.refund_id == refund_id)
    found = session.scalar(known)
    if found is None or invoice_id not in (0, found):
        raise NoSuchRefund(f"refund {refund_id} not found")
    invoice = load_invoice(session, invoice_id=found, lock=True)
    refund = session.get_one(Refund, refund_id, with_for_update=True, populate_existing=True)
    if refund.status is not _R.PROPOSED:
        by = f" by {refund.decided_by}" if refund.decided_by else ""
        raise AlreadyDecided(f"this refund no longer waits for approval; it was decided{by} meanwhile")
    return refund, invoice


def _check_role(session: Session, person: str, issuer_id: int) -> None:
    rows = session.execute(
        select(StaffRole.issuer_id, StaffRole.role)
        .join(StaffUser, StaffUser.user_id == StaffRole.user_id)
        .where(StaffUser.email == person, StaffUser.disabled_at.is_(None))
    )
    held = roles_of((row.issuer_id, row.role) for row in rows)
    if not may(held, Act.REFUND, issuer_id):
        raise refusal(held, Act.REFUND, issuer_id)


def _end(
    session: Session,
    invoice: Invoice,
    refund: Refund,
    target: RefundStatus,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    check_move(REFUND_MOVES, refund.status, target)
    refund.status, refund.updated_at, refund.failure = target, now, reason.strip()[:200]
    _note(session, invoice, refund, f"refund_{target}", actor, now)


def _note(session: Session, invoice: Invoice, refund: Refund, kind: str, actor: str, now: datetime) -> None:
    said = f": {refund.failure}" if refund.failure else ""
    detail = f"{Money(refund.amount, refund.currency)}, refund {refund.refund_id}, of {refund.actor}{said}"
    entries.note(session, invoice=invoice, kind=kind, actor=actor, now=now, detail=detail)
