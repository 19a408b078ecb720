"""How a try at delivering ends: the next state of the message, its record and its timeline entry."""

import random
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import DeliveryAttempt, Invoice, InvoiceStatus, Message, MessageState
from paymail.ports import Outcome, Verdict
from paymail.services import outbox, timeline
from paymail.services.outbox import Claim

FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(hours=1)
WORKER = "worker"

_S = MessageState


def backoff(*, message_id: int, attempts: int) -> timedelta:
    """Return the pause after the `attempts`-th failure: doubling to an hour, ±20 % spread by message.

    The spread is drawn from the ids, so that tests are plain and a burst of failures still comes apart.
    """
    pause: timedelta = min(FIRST_DELAY * 2 ** min(attempts - 1, 20), LONGEST_DELAY)
    spread = random.Random(message_id * 1009 + attempts).uniform(0.8, 1.2)  # noqa: S311 - not a secret
    return pause * spread


def reason_not_to_send(kind: str, invoice: Invoice) -> str:
    """Return why an email about `invoice` must not go out now, or an empty text."""
    if kind == "receipt":
        return ""
    if invoice.status is InvoiceStatus.VOID:
        return "the invoice is void"
    if invoice.balance == 0:
        return "paid meanwhile"
    if kind == "reminder" and not invoice.can_pay:
        return f"payment is {invoice.payment_status}"
    return ""


def begin_handover(session: Session, *, claim: Claim, now: datetime, lease: timedelta) -> bool:
    """Ask again, in the transaction that commits `handover`, whether the message may go; False stops it.

    The invoice is read FOR SHARE, so a settlement either committed before and is seen here, or waits
    until the hand-over is committed. Lock order: invoice, then message.
    """
    message = session.get_one(Message, claim.message_id)
    invoice = session.scalars(
        select(Invoice).where(Invoice.invoice_id == message.invoice_id).with_for_update(read=True)
    ).one()
    if reason := reason_not_to_send(message.kind, invoice):
        suppress(session, claim=claim, reason=reason, now=now)
        return False
    return outbox.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.SENDING,),
        target=_S.HANDOVER,
        lease_after=now,
        lease_until=now + lease,
    )


def suppress(session: Session, *, claim: Claim, reason: str, now: datetime) -> None:
    """Record that paymail decided not to send, and why."""
    if outbox.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.SCHEDULED, _S.SENDING),
        target=_S.SUPPRESSED,
        reason=reason,
        settled_at=now,
    ):
        _note(session, claim, "email_suppressed", reason, now)


def finish(session: Session, *, claim: Claim, outcome: Outcome, now: datetime, max_attempts: int) -> None:
    """Record the outcome of one try and move the message on, if the claim still holds."""
    if outcome.verdict is Verdict.STOPPED:
        return  # whoever stopped it has recorded why
    session.add(
        DeliveryAttempt(
            message_id=claim.message_id,
            fence=claim.fence,
            ended_at=now,
            verdict=outcome.verdict,
            phase=outcome.phase,
            code=outcome.code,
            detail=outcome.detail,
        )
    )
    match outcome.verdict:
        case Verdict.SENT:
            _sent(session, claim, outcome, now)
        case Verdict.DEFERRED if claim.attempts < max_attempts:
            _retry(session, claim, outcome, now)
        case Verdict.DEFERRED:
            _give_up(session, claim, f"gave up after {claim.attempts} tries: {outcome.detail}", now)
        case Verdict.FAILED:
            _give_up(session, claim, outcome.detail, now)
        case Verdict.UNKNOWN:
            mark_unknown(session, claim=claim, reason=outcome.detail, now=now)


def _sent(session: Session, claim: Claim, outcome: Outcome, now: datetime) -> None:
    # `unknown` too: a slow worker whose lease ran out comes back with proof, under the same fence.
    refused = "; ".join(f"{address} refused: {reply}" for address, reply in outcome.refused.items())
    if outbox.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.HANDOVER, _S.UNKNOWN),
        target=_S.SENT,
        reason=refused,
        settled_at=now,
        lease_until=None,
    ):
        _note(session, claim, "email_sent", refused or outcome.detail, now)


def _retry(session: Session, claim: Claim, outcome: Outcome, now: datetime) -> None:
    outbox.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.SENDING, _S.HANDOVER),
        target=_S.SCHEDULED,
        next_at=now + backoff(message_id=claim.message_id, attempts=claim.attempts),
        reason=outcome.detail,
        lease_until=None,
    )


def _give_up(session: Session, claim: Claim, reason: str, now: datetime) -> None:
    if outbox.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.SENDING, _S.HANDOVER),
        target=_S.FAILED,
        reason=reason,
        settled_at=now,
        lease_until=None,
    ):
        _note(session, claim, "email_failed", reason, now)


def mark_unknown(session: Session, *, claim: Claim, reason: str, now: datetime) -> None:
    """Record that the message may or may not have been accepted; nobody resends it by itself."""
    if outbox.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.HANDOVER,),
        target=_S.UNKNOWN,
        reason=reason,
        lease_until=None,
    ):
        _note(session, claim, "email_unknown", reason, now)


def rescue(session: Session, *, now: datetime) -> int:
    """Turn expired handovers into unknown; return how many. Expired `sending` is simply claimed again."""
    expired = outbox.expired_handovers(session, now=now)
    for claim in expired:
        mark_unknown(session, claim=claim, reason="the worker vanished during the hand-over", now=now)
    return len(expired)


def _note(session: Session, claim: Claim, kind: str, detail: str, now: datetime) -> None:
    message = session.get_one(Message, claim.message_id)
    timeline.record(
        session,
        invoice_id=message.invoice_id,
        kind=kind,
        actor=WORKER,
        now=now,
        detail=f"{message.kind}: {detail}" if detail else message.kind,
        message_id=claim.message_id,
    )
