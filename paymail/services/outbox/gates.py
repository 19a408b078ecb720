"""Gates: what lets no message through for a while. A sender at its rate, a bulk send at its own, a
destination or the relay that deferred us, a destination that refuses one sender.

A rate is a token bucket kept as one instant per key (the generic cell rate algorithm, ITU-T I.371): a
token is free once `opens_at` has come, and taking it moves `opens_at` on. One guarded UPDATE takes it, so
any number of workers on any number of hosts share a bucket.
"""

import random
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.emails import TO_STAFF
from paymail.errors import InvalidInput
from paymail.models import Gate, Message, MessageKind

RELAY = "relay"
REFUSED = "refused:"
REFUSED_FOR = timedelta(days=1)
_FOR_EVER = timedelta(days=36_500)

# Source: Microsoft, "Exchange Online limits" (message rate limit: 30 a minute); Amazon SES, "Service quotas"
# (14 a second is what an account out of its sandbox usually starts with).
PRESETS = {"office365": 30, "ses": 840}
FASTEST = 100_000
_BURST = timedelta(seconds=10)
"""How much of an unused rate may be caught up on at once."""
_NO_RATE = timedelta(hours=1)
"""A gate that opens later than this is no bucket: the slowest gives a token a minute."""
_FIRST_CLOSURE = {"relay": timedelta(seconds=5), "to": timedelta(seconds=30)}
_LONGEST_CLOSURE = {"relay": timedelta(minutes=2), "to": timedelta(minutes=15)}


class BadRate(InvalidInput):
    """The text is neither a number of emails a minute nor a preset."""

    code = "bad_rate"


def rate_of(text: str) -> int:
    """Return emails a minute of a number or a preset's name; 0 (also for an empty text) is no limit."""
    if text in PRESETS:
        return PRESETS[text]
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and int(text) <= FASTEST):
        raise BadRate(f"{text[:20]!r} is not a number of emails per minute or one of {', '.join(PRESETS)}")
    return int(text)


def sender(issuer_id: int) -> str:
    """Key of an issuer's bucket."""
    return f"sender:{issuer_id}"


def bulk(bulk_id: int) -> str:
    """Key of a bulk send's bucket, which is also how it is paused."""
    return f"bulk:{bulk_id}"


def destination(domain: str) -> str:
    """Key of a recipient's domain."""
    return f"to:{domain}"


def refused(issuer_id: int, domain: str) -> str:
    """Key of a recipient's domain that refuses the mail of one issuer."""
    return f"{REFUSED}{issuer_id}:{domain}"


def closed(session: Session, *, now: datetime) -> set[str]:
    """Return the keys of the gates that let nothing through now."""
    return set(session.scalars(select(Gate.key).where(Gate.opens_at > now)))


def not_behind(shut: set[str]) -> list[ColumnElement[bool]]:
    """Return the conditions that keep messages behind closed gates where they are."""
    by_kind: dict[str, list[str]] = {}
    for key in shut:
        by_kind.setdefault(key.partition(":")[0], []).append(key)
    conditions: list[ColumnElement[bool]] = []
    if senders := by_kind.get("sender"):
        # What is for staff does not queue behind a rate that a thief of a key has set to nearly nothing.
        conditions.append(or_(Message.sender_gate.not_in(senders), Message.kind.in_(TO_STAFF)))
    if domains := by_kind.get("to"):
        conditions.append(Message.destination.not_in([key.partition(":")[2] for key in domains]))
    if bulks := by_kind.get("bulk"):
        ids = [int(key.partition(":")[2]) for key in bulks]
        conditions.append(or_(Message.bulk_id.is_(None), Message.bulk_id.not_in(ids)))
    refusing: dict[str, list[str]] = {}
    for key in by_kind.get("refused", ()):
        issuer, _, domain = key.removeprefix(REFUSED).partition(":")
        refusing.setdefault(sender(int(issuer)), []).append(domain)
    for issuers_gate, domains in refusing.items():
        # The notice that tells of it may go: staff's own mailbox may be there.
        conditions.append(
            or_(
                Message.sender_gate != issuers_gate,
                Message.destination.not_in(domains),
                Message.kind == MessageKind.NOTICE,
            )
        )
    return conditions


def closed_or_failing(session: Session, *, now: datetime) -> tuple[set[str], set[str]]:
    """Return the keys of the gates that let nothing through now, and of those that a success opens."""
    failing = or_(Gate.key == RELAY, Gate.key.startswith("to:"))
    rows = session.execute(select(Gate.key, Gate.opens_at).where(or_(Gate.opens_at > now, failing))).all()
    opened = {key for key, _opens_at in rows if key == RELAY or key.startswith("to:")}
    return {key for key, opens_at in rows if opens_at > now}, opened


def nothing_against(message: Message, now: datetime) -> ColumnElement[bool]:
    """Return the condition that no gate was closed against a message since it was claimed.

    A rate does not count: its token was taken with the claim.
    """
    keys = [RELAY, destination(message.destination)]
    if message.kind is not MessageKind.NOTICE:
        keys.append(f"{REFUSED}{message.sender_gate.partition(':')[2]}:{message.destination}")
    against = and_(Gate.key.in_(keys), Gate.opens_at > now)
    if message.bulk_id is not None:
        paused = and_(Gate.key == bulk(message.bulk_id), Gate.opens_at > now + _NO_RATE)
        against = or_(against, paused)
    return ~exists().where(against)


def take(session: Session, *, key: str, rate: int, now: datetime, wanted: int = 1) -> int:
    """Take up to `wanted` tokens of a bucket of `rate` a minute; return how many. Rate 0 gives them all."""
    if rate == 0:
        return wanted
    interval = timedelta(minutes=1) / rate
    earliest = now - max(_BURST - interval, timedelta())
    most = min(wanted, (now - earliest) // interval + 1)
    after = earliest + most * interval
    if insert_once(session, Gate, {"key": key, "opens_at": after, "failures": 0, "reason": "rate"}):
        return most
    seen = session.scalar(select(Gate.opens_at).where(Gate.key == key))
    if seen is None or seen > now:
        return 0
    first = max(seen, earliest)
    most = min(wanted, (now - first) // interval + 1)
    return most if _swap(session, key, seen, first + most * interval) else 0


def _swap(session: Session, key: str, seen: datetime, to: datetime) -> bool:
    # Guarded by what was seen: of two workers one takes the token, the other finds the gate moved on.
    statement = update(Gate).where(Gate.key == key, Gate.opens_at == seen).values(opens_at=to)
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE always gives one; this tells mypy
    return result.rowcount == 1


def close_after_failure(session: Session, *, key: str, reason: str, now: datetime) -> None:
    """Close a destination or the relay: longer after each failure in a row, ±20 %."""
    kind = key.partition(":")[0]
    insert_once(session, Gate, {"key": key, "opens_at": now, "failures": 0, "reason": ""})
    gate = session.get(Gate, key, with_for_update=True, populate_existing=True)
    if gate is None or gate.opens_at > now:
        # A success has opened it this moment; or, of several tries under way, the first has closed it.
        return
    pause = min(_FIRST_CLOSURE[kind] * 2 ** min(gate.failures, 12), _LONGEST_CLOSURE[kind])
    spread = random.Random(f"{key}{gate.failures}").uniform(0.8, 1.2)  # noqa: S311 - not a secret
    gate.failures, gate.reason, gate.opens_at = gate.failures + 1, reason[:300], now + pause * spread


def close_for_refusal(session: Session, *, key: str, reason: str, now: datetime) -> datetime | None:
    """Close a destination to the sender that it refuses; return until when, None if it was closed already."""
    insert_once(session, Gate, {"key": key, "opens_at": now, "failures": 0, "reason": ""})
    until = now + REFUSED_FOR
    statement = update(Gate).where(Gate.key == key, Gate.opens_at <= now)
    statement = statement.values(opens_at=until, failures=Gate.failures + 1, reason=reason[:300])
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE always gives one; this tells mypy
    return until if result.rowcount == 1 else None


def shut(session: Session, *, key: str, reason: str, now: datetime) -> None:
    """Close a gate until it is opened by hand (a paused bulk send)."""
    insert_once(session, Gate, {"key": key, "opens_at": now, "failures": 0, "reason": ""})
    session.execute(update(Gate).where(Gate.key == key).values(opens_at=now + _FOR_EVER, reason=reason))


def open_(session: Session, *, keys: list[str]) -> None:
    """Open gates: the failures before are forgotten."""
    session.execute(delete(Gate).where(Gate.key.in_(keys)).execution_options(synchronize_session=False))
