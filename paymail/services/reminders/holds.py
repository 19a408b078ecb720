"""Holds: why the reminders of an invoice wait. Placed and lifted under the invoice's lock.

A hand-over reads the invoice FOR SHARE, so a hold either is seen by it or waits until it is committed.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput, NotFound
from paymail.models import HoldEnd, HoldOrigin, HoldReason, Invoice, Issuer, ReminderHold
from paymail.services.core import history
from paymail.services.core.calendar import FURTHEST, instant, zone_of
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import wake


class NoSuchHold(NotFound):
    """The invoice has no hold of this kind."""

    code = "no_such_hold"


class HoldInThePast(InvalidInput):
    """A hold that has ended already would hold nothing."""

    code = "hold_in_the_past"


class HoldTooLong(InvalidInput):
    """A hold that would end in years is a slip of the fingers, or one without an end."""

    code = "hold_too_long"


def place(
    session: Session,
    *,
    invoice_id: int,
    reason: HoldReason,
    actor: str,
    now: datetime,
    until: datetime | None = None,
    detail: str = "",
    origin: HoldOrigin = HoldOrigin.STAFF,
) -> ReminderHold:
    """Hold an invoice's reminders until `until` (UTC), or until lifted; it replaces one of the same reason.

    `origin` says whose word it rests on; `actor` names them for people.
    Raises NoSuchInvoice, HoldInThePast.
    """
    if until is not None and until <= now:
        raise HoldInThePast("the end of the hold must be in the future")
    load_invoice(session, invoice_id=invoice_id, lock=True)
    _end(session, invoice_id, (reason,), HoldEnd.REPLACED, actor, now)
    hold = ReminderHold(
        invoice_id=invoice_id,
        reason=reason,
        detail=detail,
        until=until,
        placed_at=now,
        placed_by=actor,
        origin=origin,
    )
    session.add(hold)
    ends = f" until {until.isoformat(timespec='minutes')}" if until else ""
    text = f"{reason}{ends}{f': {detail}' if detail else ''}"
    history.record(
        session,
        invoice_id=invoice_id,
        kind="reminders_held",
        actor=actor,
        now=now,
        detail=text,
        quotes_customer=origin is HoldOrigin.CUSTOMER,
    )
    look_again(session, invoice_ids=[invoice_id], now=now)
    return hold


def lift(
    session: Session, *, invoice_id: int, actor: str, now: datetime, reason: HoldReason | None = None
) -> None:
    """End the holds of an invoice, or the one of `reason`. Raises NoSuchInvoice, NoSuchHold."""
    load_invoice(session, invoice_id=invoice_id, lock=True)
    reasons = (reason,) if reason else tuple(HoldReason)
    how = HoldEnd.LIFTED if reason else HoldEnd.ALL_LIFTED
    if not _end(session, invoice_id, reasons, how, actor, now):
        raise NoSuchHold(f"invoice {invoice_id} has no hold of this kind")
    history.record(
        session,
        invoice_id=invoice_id,
        kind="reminders_released",
        actor=actor,
        now=now,
        detail=reason or "all holds",
    )
    look_again(session, invoice_ids=[invoice_id], now=now)
    wake.wake_held(session, invoice_id=invoice_id, now=now)


def _end(
    session: Session,
    invoice_id: int,
    reasons: Iterable[HoldReason],
    how: HoldEnd,
    actor: str,
    now: datetime,
) -> int:
    ended = list(
        session.scalars(
            update(ReminderHold)
            .where(
                ReminderHold.invoice_id == invoice_id,
                ReminderHold.reason.in_(list(reasons)),
                ReminderHold.lifted_at.is_(None),
                or_(ReminderHold.until.is_(None), ReminderHold.until > now),
            )
            .values(lifted_at=now, lifted_by=actor, ended=how)
            .returning(ReminderHold.hold_id)
            .execution_options(synchronize_session=False)
        )
    )
    return len(ended)


def end_of_day(day: date, issuer: Issuer, now: datetime) -> datetime:
    """Return the instant at which the issuer's `day` ends: a promise to pay on it is kept until then.

    Raises HoldTooLong.
    """
    if day > (now + FURTHEST).date():
        raise HoldTooLong(f"{day} is more than two years away; for a longer hold, leave the date empty")
    return instant(day + timedelta(days=1), time(), zone_of(issuer.timezone))


def in_force(session: Session, *, invoice_ids: Sequence[int], now: datetime) -> list[ReminderHold]:
    """Return the holds in force, the one that lasts longest first (no end lasts longest)."""
    statement = select(ReminderHold).where(
        ReminderHold.invoice_id.in_(invoice_ids),
        ReminderHold.lifted_at.is_(None),
        or_(ReminderHold.until.is_(None), ReminderHold.until > now),
    )
    found = list(session.scalars(statement))
    return sorted(found, key=lambda hold: (hold.until is not None, hold.until and -hold.until.timestamp()))


def look_again(session: Session, *, invoice_ids: Iterable[int], now: datetime) -> None:
    """Have the ladder look at these invoices at its next turn: something it depends on has changed."""
    session.execute(
        update(Invoice)
        .where(Invoice.invoice_id.in_(list(invoice_ids)))
        .values(next_reminder_at=now)
        .execution_options(synchronize_session=False)
    )
