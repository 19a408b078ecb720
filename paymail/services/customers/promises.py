"""What a customer tells on the pay page: "I have already paid", and "I will pay on this day".

Either lets the reminders wait for a set time and tells staff. Whoever has the link can say it, so neither
proves anything, and none of it lasts for ever or is said often.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import HoldEnd, HoldOrigin, HoldReason, Invoice, PaymentStatus, ReminderHold
from paymail.services.core.history import CUSTOMER
from paymail.services.core.invoices import local_date
from paymail.services.links.viewing import act_by_token
from paymail.services.outbox import notices
from paymail.services.reminders import holds, situation

CLAIM_HOLDS = timedelta(days=7)
"""A bank transfer takes up to 3 business days, and staff need some to see it; then the ladder goes on."""
FURTHEST_PROMISE = timedelta(days=60)
MOST_HOLDS = 3
"""Holds that a customer may place on an invoice, of either kind, until staff release one."""
LONGEST_TEXT = 300
_SAID = (HoldReason.PROMISED, HoldReason.CLAIMED)


class NothingOwed(Conflict):
    """Nothing is asked for, or a payment is clearing: there is nothing to say."""

    code = "nothing_owed"


class SaidEnough(Conflict):
    """The customer has let the reminders wait as often as they may."""

    code = "said_enough"


class BadPromise(InvalidInput):
    """The day is past, or too far away."""

    code = "bad_promise"


class TooLong(InvalidInput):
    """The text is longer than what staff would read."""

    code = "text_too_long"


@dataclass(frozen=True, slots=True)
class PageReplies:
    """What the page shows: whether something can be said, which days can be promised, what holds."""

    open: bool
    enough: bool
    first_day: date
    last_day: date
    said: str
    """The reason of the customer's hold in force; empty when there is none."""
    until: date | None
    """The last day on which the reminders wait for it."""


def replies_of(session: Session, *, invoice: Invoice, now: datetime) -> PageReplies:
    """Return what an invoice's customer can say now, and what they said."""
    today = local_date(invoice.issuer, now)
    mine = [hold for hold in _in_force(session, invoice, now) if hold.origin is HoldOrigin.CUSTOMER]
    hold = max(mine, key=lambda one: one.hold_id, default=None)
    return PageReplies(
        open=may_talk(invoice),
        enough=_holds_placed(session, invoice.invoice_id) >= MOST_HOLDS,
        first_day=today,
        last_day=today + FURTHEST_PROMISE,
        said=hold.reason if hold else "",
        until=local_date(invoice.issuer, hold.until - timedelta(seconds=1)) if hold and hold.until else None,
    )


def report_paid(session: Session, *, token: str, text: str, now: datetime) -> datetime:
    """Let the reminders wait since the customer says that it is paid; return until when (UTC).

    `text` is what they wrote about it, by hostile hands. Raises NoSuchLink, LinkExpired, NothingOwed,
    SaidEnough, TooLong.
    """
    invoice = _talking(session, token, "said that it is paid", now)
    said = _plain(text)
    today = local_date(invoice.issuer, now)
    for hold in _in_force(session, invoice, now):
        same = (hold.reason, hold.origin, hold.detail) == (HoldReason.CLAIMED, HoldOrigin.CUSTOMER, said)
        if same and hold.until and local_date(invoice.issuer, hold.placed_at) == today:
            return hold.until  # the second click of a double click
    return _hold(
        session,
        invoice,
        HoldReason.CLAIMED,
        until=now + CLAIM_HOLDS,
        detail=said,
        headline="The customer says they have paid",
        now=now,
    )


def promise(session: Session, *, token: str, day: date, now: datetime) -> datetime:
    """Let the reminders wait through `day` (the issuer's), on which the customer says they will pay.

    Returns until when (UTC). Raises NoSuchLink, LinkExpired, NothingOwed, SaidEnough, BadPromise.
    """
    invoice = _talking(session, token, "promised to pay", now)
    today = local_date(invoice.issuer, now)
    if not today <= day <= today + FURTHEST_PROMISE:
        last = today + FURTHEST_PROMISE
        raise BadPromise(f"please choose a day from {today.isoformat()} to {last.isoformat()}")
    until = holds.end_of_day(day, invoice.issuer, now)
    for hold in _in_force(session, invoice, now):
        promised = (hold.reason, hold.origin) == (HoldReason.PROMISED, HoldOrigin.CUSTOMER)
        if promised and hold.until == until:
            return until  # the second click of a double click
    return _hold(
        session,
        invoice,
        HoldReason.PROMISED,
        until=until,
        detail=f"will pay on {day.isoformat()}",
        headline="The customer has promised to pay",
        now=now,
    )


def _talking(session: Session, token: str, act: str, now: datetime) -> Invoice:
    invoice = act_by_token(session, token=token, act=act, now=now)
    if not may_talk(invoice):
        raise NothingOwed("there is nothing to pay on this invoice at the moment")
    return invoice


def may_talk(invoice: Invoice) -> bool:
    """Whether there is something that the customer of an invoice could say about paying it."""
    clearing = invoice.payment_status is PaymentStatus.PROCESSING
    return not clearing and not situation.not_owed(invoice) and invoice.customer.erased_at is None


def _hold(
    session: Session,
    invoice: Invoice,
    reason: HoldReason,
    *,
    until: datetime,
    detail: str,
    headline: str,
    now: datetime,
) -> datetime:
    if _holds_placed(session, invoice.invoice_id) >= MOST_HOLDS:
        address = invoice.issuer.reply_to or invoice.issuer.email
        raise SaidEnough(f"we already have your message; if anything has changed, please write to {address}")
    theirs = [
        hold
        for hold in _in_force(session, invoice, now)
        if hold.reason == reason
        and hold.origin is not HoldOrigin.CUSTOMER
        and (not hold.until or hold.until >= until)
    ]
    if not theirs:  # staff's own hold that lasts at least as long is not shortened by a customer's word
        holds.place(
            session,
            invoice_id=invoice.invoice_id,
            reason=reason,
            actor=CUSTOMER,
            now=now,
            until=until,
            detail=detail,
            origin=HoldOrigin.CUSTOMER,
        )
    _tell(session, invoice, reason, headline, detail, until, now)
    return until


def _tell(
    session: Session,
    invoice: Invoice,
    reason: HoldReason,
    headline: str,
    detail: str,
    until: datetime,
    now: datetime,
) -> None:
    """Tell staff once a day of each kind, however often the customer says it."""
    day = local_date(invoice.issuer, until - timedelta(seconds=1))
    quoted = f"They wrote: “{detail}”. " if detail and reason is HoldReason.CLAIMED else ""
    promised = f"The customer {detail}. " if reason is HoldReason.PROMISED else ""
    notices.tell_staff(
        session,
        invoice_id=invoice.invoice_id,
        about=f"customer-{reason}",
        key=f"{invoice.invoice_id}:{local_date(invoice.issuer, now).isoformat()}",
        headline=headline,
        detail=f"{quoted}{promised}Anyone with the link can say this, so it is not proof. Reminders"
        f" are on hold to the end of {day.isoformat()}, unless you release them on the invoice page.",
        now=now,
    )


def _in_force(session: Session, invoice: Invoice, now: datetime) -> list[ReminderHold]:
    return holds.in_force(session, invoice_ids=[invoice.invoice_id], now=now)


def _holds_placed(session: Session, invoice_id: int) -> int:
    """Count the holds that the customer placed since staff last released one."""
    released = select(func.max(ReminderHold.lifted_at)).where(
        ReminderHold.invoice_id == invoice_id,
        or_(
            ReminderHold.ended == HoldEnd.ALL_LIFTED,
            and_(ReminderHold.ended == HoldEnd.LIFTED, ReminderHold.reason.in_(_SAID)),
        ),
    )
    since = session.scalar(released)
    placed = select(func.count()).where(
        ReminderHold.invoice_id == invoice_id,
        ReminderHold.origin == HoldOrigin.CUSTOMER,
        ReminderHold.reason.in_(_SAID),
    )
    if since is not None:
        placed = placed.where(ReminderHold.placed_at > since)
    return session.scalar(placed) or 0


def _plain(text: str) -> str:
    """Return a text in one line, without what is not printable. Raises TooLong."""
    said = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(said) > LONGEST_TEXT:
        raise TooLong(f"please use no more than {LONGEST_TEXT} characters")
    return said
