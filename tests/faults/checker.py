"""Joins the evidence of a fault run and says which invariants of docs/architecture.md it breaks.

Not a line here is shared with what it checks but the table of moves, which is that page in code.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from paymail.models import ATTEMPT_MOVES, MESSAGE_MOVES, PAYMENT_MOVES, MessageState
from tests.faults.evidence import Evidence, Row

_S = MessageState
ENDS = (_S.SENT, _S.FAILED, _S.CANCELLED, _S.SUPPRESSED, _S.UNKNOWN, _S.BOUNCED)
_NOT_SENT = (_S.FAILED, _S.CANCELLED, _S.SUPPRESSED)


class Breach(StrEnum):
    """How an invariant can be broken."""

    LOST = "lost"
    """Acknowledged and gone, still open in the end, or called sent although no server has it (1)."""
    DUPLICATE = "duplicate"
    """Handed over again after a hand-over that may have succeeded (2)."""
    UNTRUE = "untrue"
    """The books say something else than what was handed over, or give no reason (1, 10)."""
    LATE_REMINDER = "late reminder"
    """Handed over after the payment, or while one was processing (3)."""
    RECEIPT = "receipt"
    """A payment without its one receipt (5)."""
    MOVE = "move"
    """A move that is in no table, or a fence that went back (6)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach, and what shows it."""

    breach: Breach
    what: str


def check(evidence: Evidence) -> list[Finding]:
    """Return every breach; an empty list is what fault tests ask for."""
    checks = {
        Breach.LOST: _lost,
        Breach.DUPLICATE: _duplicates,
        Breach.UNTRUE: _untrue,
        Breach.LATE_REMINDER: _late_reminders,
        Breach.RECEIPT: _receipts,
        Breach.MOVE: _moves,
    }
    return [Finding(breach, what) for breach, found in checks.items() for what in found(evidence)]


def figures(evidence: Evidence) -> Mapping[str, int]:
    """Return the counts worth reporting: messages by end, tries that reached the dot, breaches by kind."""
    ends = Counter(str(row.state) for row in evidence.messages)
    unanswered = {dot["message_id"] for dot in _dots(evidence) if not dot["reply"]}
    doubts = [row for row in evidence.messages if row.state is _S.UNKNOWN and row.header_id in unanswered]
    breaches = Counter(finding.breach for finding in check(evidence))
    return {
        "messages": len(evidence.messages),
        "acknowledged": len(evidence.promised),
        **ends,
        "of the unknown by a mute server": len(doubts),
        "dots": len(_dots(evidence)),
        "payments": len(evidence.payments),
        **{f"{breach} (breach)": breaches[breach] for breach in Breach},
    }


def _dots(evidence: Evidence) -> list[dict[str, Any]]:
    return [event for event in evidence.handed if event["phase"] == "dot"]


def _accepted(evidence: Evidence) -> Counter[str]:
    return Counter(event["message_id"] for event in _dots(evidence) if event["accepted"])


def _lost(evidence: Evidence) -> Iterator[str]:
    rows = {row.message_id: row for row in evidence.messages}
    intents = {intent for _id, intent in evidence.payments}
    accepted = _accepted(evidence)
    for promise in evidence.promised:
        if promise["kind"] == "payment" and promise["intent_id"] not in intents:
            yield f"the payment of {promise['intent_id']} was acknowledged and is not recorded"
        elif promise["kind"] == "message" and promise["message_id"] not in rows:
            yield f"message {promise['message_id']} was acknowledged and is gone"
    for row in evidence.messages:
        if row.state not in ENDS:
            yield f"message {row.message_id} is still {row.state}: {row.reason}"
        elif row.state in (_S.SENT, _S.BOUNCED) and not accepted[row.header_id]:
            yield f"message {row.message_id} is called {row.state} and no server has it"


def _duplicates(evidence: Evidence) -> Iterator[str]:
    allowed = Counter(p["header_id"] for p in evidence.promised if p["kind"] == "resend")
    possible: Counter[str] = Counter()
    for dot in _dots(evidence):
        header = dot["message_id"]
        if possible[header] > allowed[header]:
            yield f"{header} was handed over again ({dot['mode']}) after it may have been accepted"
        # RFC 5321 §4.2.1: after a 4yz the server has not taken the mail. Any other end may be a success
        # or is final; trying again is a duplicate or a nuisance.
        if not dot["reply"].startswith("4"):
            possible[header] += 1


def _untrue(evidence: Evidence) -> Iterator[str]:
    accepted, digests = _accepted(evidence), defaultdict(set)
    for dot in _dots(evidence):
        digests[dot["message_id"]].add(dot["sha256"])
    for row in evidence.messages:
        if row.state in _NOT_SENT and accepted[row.header_id]:
            yield f"message {row.message_id} is called {row.state} and a server has it"
        if row.state in (*_NOT_SENT, _S.UNKNOWN) and not row.reason:
            yield f"message {row.message_id} is {row.state} without a reason"
        if digests[row.header_id] - {row.mime_sha256}:
            yield f"message {row.message_id} was handed over in other bytes than are kept"
    for header in digests.keys() - {row.header_id for row in evidence.messages}:
        yield f"{header} was handed over and has no row"


def _late_reminders(evidence: Evidence) -> Iterator[str]:
    paid: set[int] = set()
    status: dict[int, str] = {}
    for change in evidence.changes:
        if change.what == "payments" and int(change.new) == 0:
            paid.add(change.invoice)
        elif change.what == "invoices":
            status[change.invoice] = change.new
        elif (change.what, change.kind, change.new) == ("messages", "reminder", _S.HANDOVER):
            if change.invoice in paid:
                yield f"reminder {change.row} was handed over after invoice {change.invoice} was paid"
            if status.get(change.invoice) == "processing":
                yield f"reminder {change.row} was handed over while a payment was processing"


def _receipts(evidence: Evidence) -> Iterator[str]:
    receipts = Counter(row.payment_id for row in evidence.messages if row.kind == "receipt")
    for payment_id, intent in evidence.payments:
        if receipts[payment_id] != 1:
            yield f"payment {payment_id} ({intent}) has {receipts[payment_id]} receipts"
    for intent, times in Counter(intent for _id, intent in evidence.payments if intent).items():
        if times > 1:
            yield f"{intent} is recorded {times} times"
    for payment_id in receipts.keys() - {payment_id for payment_id, _intent in evidence.payments}:
        yield f"a receipt stands for payment {payment_id}, which is not recorded"


_TABLES: Mapping[str, Mapping[Any, frozenset[Any]]] = {
    "messages": MESSAGE_MOVES,
    "invoices": PAYMENT_MOVES,
    "payment_attempts": ATTEMPT_MOVES,
}


def _moves(evidence: Evidence) -> Iterator[str]:
    fences: dict[int, int] = {}
    for change in evidence.changes:
        moves = _TABLES.get(change.what)
        if moves is None:
            continue
        # One that waits and is written again stays where it is; its fence moves on.
        stays = change.what == "messages" and change.old == change.new == _S.SCHEDULED
        if change.old and not stays and change.new not in moves[change.old]:
            yield f"{change.what} {change.row} went from {change.old} to {change.new}"
        if change.what != "messages":
            continue
        if not change.old and change.new != _S.SCHEDULED:
            yield f"message {change.row} began as {change.new}"
        before = fences.get(change.row, 0)
        claimed = change.new == _S.SENDING and change.old == _S.SCHEDULED
        if change.fence < before + claimed:
            yield f"message {change.row} came to {change.new} with fence {change.fence} after {before}"
        fences[change.row] = change.fence


def describe(findings: list[Finding], rows: int = 20) -> str:
    """Return the findings for people, the first `rows` of them."""
    lines = [f"{finding.breach}: {finding.what}" for finding in findings[:rows]]
    return "\n".join([f"{len(findings)} breach(es)", *lines])


__all__ = ["Breach", "Evidence", "Finding", "Row", "check", "describe", "figures"]
