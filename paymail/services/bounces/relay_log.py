"""What our own relay's log (Postfix) proves: that it queued a message, and what became of it.

Only lines of the queue manager or of a delivery prove acceptance: `cleanup` names the Message-ID while the
message is still coming in. That a message is not in the log proves nothing.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.models import Bounce, Message, MessageState
from paymail.services.bounces.acceptance import LOCKED, prove_accepted
from paymail.services.bounces.effects import apply
from paymail.services.bounces.report import RELAY_LOG, Finding, Kind, Report, finding_of
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import load_invoice

Transaction = Callable[[], AbstractContextManager[Session]]
_MOST_QUEUES = 10_000
_LINE = re.compile(
    # Traditional syslog, in any language and with days padded or not; or RFC 3339.
    r"(?:(?:\S{1,20} +){1,3}\d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))"
    r" +\S{1,255} "
    r"([^\s/]{1,80})/(?:[^\s/]{1,80}/){0,3}(\w+)\[\d+\]: ([0-9A-Za-z]{5,30}): (.*)",
    re.ASCII,
)
_OF_A_QUEUE = re.compile(r"\bqmgr\b|\bcleanup\b|\bstatus=(?:sent|bounced|deferred|expired)\b", re.ASCII)
_MESSAGE_ID = re.compile(r"message-id=(<[0-9a-f]{24}@[^<>@\s]{1,90}>)", re.ASCII)
_QUEUED = re.compile(r"from=<[^>]*>, size=\d+, nrcpt=\d+ \(queue active\)", re.ASCII)
_EXPIRED = re.compile(r"from=<[^>]*>, status=((?:force-)?expired\b.*)", re.ASCII)
_TRIED = re.compile(
    r"to=<([^>]{1,320})>, (?:orig_to=<([^>]{1,320})>, )?.*?"
    r"status=(sent|bounced|expired|force-expired|deferred)\b(.*)"
)
_DSN = re.compile(r"\bdsn=([245]\.\d{1,3}\.\d{1,3})\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the relay did with a message of ours."""

    header_id: str
    queue_id: str
    bounced: Finding | None = None


def facts(lines: Iterable[str], queues: dict[str, str]) -> Iterator[Fact]:
    """Yield what the lines prove. `queues` keeps between calls which queue id has which Message-ID."""
    for line in lines:
        found = _LINE.match(line[:4000])
        if found is None:
            continue
        instance, program, queue_id, rest = found.groups()
        # Two instances of Postfix may use the same queue id. The first's is kept as it always was.
        key = queue_id if instance == "postfix" else f"{instance}/{queue_id}"
        if program == "cleanup":
            if named := _MESSAGE_ID.match(rest):
                queues[key] = named[1]
                if len(queues) > _MOST_QUEUES:
                    del queues[next(iter(queues))]
        elif key in queues:
            if rest == "removed":
                del queues[key]
            elif (fact := _fact(queues[key], queue_id, rest)) is not None:
                yield fact


def understood(lines: Iterable[str]) -> tuple[int, int]:
    """Return how many lines about a mail server's queue are read, and how many there seem to be."""
    looks = [line for line in lines if _OF_A_QUEUE.search(line[:4000])]
    return sum(bool(_LINE.match(line[:4000])) for line in looks), len(looks)


def _fact(header_id: str, queue_id: str, rest: str) -> Fact | None:
    if _QUEUED.match(rest):
        return Fact(header_id, queue_id)
    if expired := _EXPIRED.match(rest):
        # Said once for all recipients that are left, without their names.
        return Fact(header_id, queue_id, finding_of([], Kind.HARD, field="", reply=expired[1]))
    if tried := _TRIED.match(rest):
        return Fact(header_id, queue_id, _returned(tried, rest))
    return None


def _returned(tried: re.Match[str], rest: str) -> Finding | None:
    to, original, status, words = tried.groups()
    if status in ("sent", "deferred"):
        return None
    code = _DSN.search(rest)
    addresses = [address for address in (original, to) if address]
    said = words.strip("() ") or status
    return finding_of(addresses, Kind.HARD, field=code[1] if code else "", reply=said)


def act(context: Context, *, found: Iterable[Fact]) -> int:
    """Move messages in doubt that the relay queued to sent, and bounce what it returned; return how many.

    Facts about messages of which nothing is in doubt, or which are not ours, change nothing. One transaction
    for each that does something: two at once would lock invoices in the order of the log.
    """
    with context.transaction() as session:
        telling = _telling(session, list(found))
    moved = set()
    for fact in telling:
        with context.transaction() as session:
            if _prove(session, fact, context.now()) | _report(session, fact, context.now()):
                moved.add(fact.header_id)
    return len(moved)


def _telling(session: Session, found: list[Fact]) -> list[Fact]:
    """Return the facts that may change something, with one query for 500 messages."""
    states: dict[str, MessageState] = {}
    wanted = sorted({fact.header_id for fact in found})
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        statement = select(Message.header_id, Message.state).where(Message.header_id.in_(some))
        states.update((header_id, state) for header_id, state in session.execute(statement))
    return [
        fact
        for fact in found
        if fact.header_id in states
        and (states[fact.header_id] is MessageState.UNKNOWN or _unreported(session, fact))
    ]


def _prove(session: Session, fact: Fact, now: datetime) -> bool:
    message = session.scalars(select(Message).where(Message.header_id == fact.header_id)).one()
    load_invoice(session, invoice_id=message.invoice_id, lock=True)
    session.refresh(message, with_for_update=LOCKED)
    if message.state is not MessageState.UNKNOWN:
        return False
    values = {
        "digest": _digest(fact, "queued"),
        "message_id": message.message_id,
        "recipient": message.recipient.partition("\n")[0],
        "kind": Kind.DELIVERED,
        "status": "",
        "detail": f"queued by the relay as {fact.queue_id}",
        "source": RELAY_LOG,
        "received_at": now,
    }
    insert_once(session, Bounce, values)
    return prove_accepted(session, message=message, by=f"the relay's log (queue ID {fact.queue_id})", now=now)


def _unreported(session: Session, fact: Fact) -> bool:
    return fact.bounced is not None and not session.scalar(
        select(Bounce.bounce_id).where(Bounce.digest == _bounce_digest(fact))
    )


def _bounce_digest(fact: Fact) -> str:
    return _digest(fact, f"bounced {','.join(fact.bounced.addresses[-1:]) if fact.bounced else ''}")


def _report(session: Session, fact: Fact, now: datetime) -> bool:
    if fact.bounced is None or not _unreported(session, fact):
        return False
    report = Report(_bounce_digest(fact), header_ids=(fact.header_id,), findings=(fact.bounced,))
    return apply(session, report=report, source=RELAY_LOG, now=now).kind == Kind.HARD


def _digest(fact: Fact, what: str) -> str:
    """Name a fact by what it says, not by its line: a log that is read again tells nothing new."""
    return hashlib.sha256(f"relay:{fact.queue_id}:{fact.header_id}:{what}".encode()).hexdigest()
