"""Whether all works, in four signs: workers, the mail server, Stripe, and what Stripe told of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from paymail.models import Gate, GatewayEvent, GatewayEventState, ReconcilerTurn
from paymail.services.access.visible import seen_issuers
from paymail.services.outbox import gates, sender_refusals
from paymail.services.outbox.heartbeats import ALIVE, pulse
from paymail.web.staff.mail_words import MailWay

_NAMED = 3
"""How many receivers are named."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One part of the installation: a name, how it is, in words, and since when."""

    name: str
    well: bool
    text: str
    at: datetime | None = None
    address: str = ""


def signs(session: Session, *, now: datetime, way: MailWay) -> Iterable[Sign]:
    """Return the signs. Seven statements; nothing outside is asked, which `paymail doctor` does.

    Only the workers' to who does not see every company: the others name what may be another's.
    """
    if seen_issuers(session) is not None:
        return (_workers(session, now),)
    return _workers(session, now), _mail(session, now, way), _compared(session), _events(session)


def _workers(session: Session, now: datetime) -> Sign:
    found = pulse(session, since=now - ALIVE)
    if found.alive:
        return Sign("Workers", True, f"{found.alive} running, heard from", found.newest)
    return Sign("Workers", False, "none is running: no email goes out. Last heard from", found.newest)


def _mail(session: Session, now: datetime, way: MailWay) -> Sign:
    ours = or_(Gate.key == gates.RELAY, Gate.key.startswith("to:", autoescape=True))
    statement = (
        select(Gate).where(ours, Gate.failures > 0, Gate.opens_at > now).order_by(Gate.opens_at.desc())
    )
    if refusing := sender_refusals.closed(session, now=now):
        domains = sorted({one.domain for one in refusing})
        more = f" and {len(domains) - _NAMED} more" if len(domains) > _NAMED else ""
        words = f"{', '.join(domains[:_NAMED])}{more}: our emails are refused, and wait until"
        return Sign("Mail server", False, words, max(one.opens_at for one in refusing), "/staff/messages")
    shut = list(session.scalars(statement.limit(_NAMED)))
    if not shut:
        return Sign("Mail server", way.real, way.text, None, "" if way.real else way.address)
    who = ", ".join("the mail server" if one.key == gates.RELAY else one.key[3:] for one in shut)
    return Sign("Mail server", False, f"{who}: asks to wait until", shut[0].opens_at, "/staff/messages")


def _compared(session: Session) -> Sign:
    turn = session.get(ReconcilerTurn, "compare")
    if turn is None or turn.ended_at is None:
        return Sign("Stripe check", True, "not compared yet", None, "/staff/reconciliation")
    words = "could not be asked" if turn.failure else "compared"
    return Sign("Stripe check", not turn.failure, words, turn.ended_at, "/staff/reconciliation")


def _events(session: Session) -> Sign:
    dead = session.scalar(select(func.count()).where(GatewayEvent.state == GatewayEventState.DEAD)) or 0
    newest = session.scalar(select(func.max(GatewayEvent.received_at)))
    if dead:
        return Sign("Stripe events", False, f"{dead} given up; newest", newest, "/staff/events?state=dead")
    return Sign("Stripe events", True, "newest" if newest else "none yet", newest, "/staff/events")
