"""How a try at delivering ends: the next state of the message, its record and its timeline entry."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import DeliveryAttempt, Invoice, Message, MessageState
from paymail.ports.mail import Outcome, Scope, Verdict
from paymail.services.core import history
from paymail.services.delivery import missing_abn
from paymail.services.delivery.permission import permission_of
from paymail.services.outbox import dedupe_keys, gates, notices, queue, recipients, sender_refusals
from paymail.services.outbox.queue import Claim
from paymail.services.outbox.suppressions import normalised
from paymail.services.reminders.permission import Answer

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


def ask_permission(
    session: Session, *, claim: Claim, message: Message, invoice: Invoice, now: datetime
) -> bool:
    """Ask whether a claimed message may go out now; if not, record why and let go of it."""
    found = permission_of(session, message=message, invoice=invoice, now=now)
    match found.answer:
        case Answer.DROP:
            suppress(session, claim=claim, reason=found.reason, now=now)
        case Answer.WAIT:
            queue.put_back(session, claim=claim, at=found.ask_at, reason=found.reason, held=found.held)
            if missing_abn.carries_invoice(message):
                missing_abn.tell_staff(session, invoice, now)
    return found.answer is Answer.GO


def suppress(session: Session, *, claim: Claim, reason: str, now: datetime) -> None:
    """Record that paymail decided not to send, and why."""
    if queue.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.SCHEDULED, _S.SENDING),
        target=_S.SUPPRESSED,
        reason=reason,
        settled_at=now,
    ):
        _note(session, claim, "email_suppressed", reason, now)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When trying ends: after `attempts` tries, or `deadline` after the first failure."""

    attempts: int
    deadline: timedelta


def finish(session: Session, *, claim: Claim, outcome: Outcome, now: datetime, retries: RetryPolicy) -> None:
    """Record the outcome of one try, move the message on if the claim still holds, and mind the gates."""
    record(session, claim=claim, outcome=outcome, now=now, retries=retries)
    if outcome.verdict is Verdict.SENT:
        gates.open_(session, keys=gates_of(session.get_one(Message, claim.message_id)))


def gates_of(message: Message) -> list[str]:
    """Return the keys of the gates that a success of a message opens."""
    return [gates.RELAY, gates.destination(message.destination)]


def record(session: Session, *, claim: Claim, outcome: Outcome, now: datetime, retries: RetryPolicy) -> None:
    """Do what `finish` does, but for the gates that a success opens."""
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
        case Verdict.DEFERRED:
            _deferred(session, claim, outcome, now, retries)
        case Verdict.FAILED:
            _give_up(session, claim, outcome.detail, now)
            _mind_the_sender(session, claim, outcome, now)
        case Verdict.UNKNOWN:
            mark_unknown(session, claim=claim, reason=outcome.detail, now=now)


def is_recorded(session: Session, *, claim: Claim) -> bool:
    """Whether the outcome of the try of a claim was recorded."""
    mine = DeliveryAttempt.message_id == claim.message_id, DeliveryAttempt.fence == claim.fence
    return bool(session.scalar(select(exists().where(*mine))))


def _mind_the_sender(session: Session, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """Hold back mail to who refuses us for our DNS records or reputation."""
    message = session.get_one(Message, claim.message_id)
    own = message.recipient.partition("\n")[0]
    for address, reply in (outcome.refused or {own: outcome.detail}).items():
        sender_refusals.note_reply(
            session, message=message, address=address, status=outcome.status, reply=reply, now=now
        )


def _sent(session: Session, claim: Claim, outcome: Outcome, now: datetime) -> None:
    # `unknown` too: a slow worker whose lease ran out comes back with proof, under the same fence.
    refused = "; ".join(f"{address} refused: {reply}" for address, reply in outcome.refused.items())
    message = session.get_one(Message, claim.message_id)
    if queue.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.HANDOVER, _S.UNKNOWN),
        target=_S.SENT,
        reason=refused,
        settled_at=now,
        lease_until=None,
    ):
        recipients.settle(session, message=message, refused=outcome.refused, now=now)
        _note(session, claim, "email_sent", refused or outcome.detail, now)
        if refused and message.kind not in TO_STAFF:
            for address, reply in outcome.refused.items():
                if not sender_refusals.note_reply(
                    session, message=message, address=address, status="", reply=reply, now=now
                ):
                    _tell_of_refusal(session, message, address, reply, now)


def _tell_of_refusal(session: Session, message: Message, address: str, reply: str, now: datetime) -> None:
    """Once a day and address: a bookkeeper's that is refused is so for each email of a bulk send."""
    notices.tell_staff(
        session,
        invoice_id=message.invoice_id,
        about="refused",
        key=f"{dedupe_keys.address(normalised(address))}-{now:%Y%m%d}",
        headline=f"The mail server did not take an email for {address}",
        detail=f"{reply}\nThe {message.kind} email reached its other recipients. Correct or remove the"
        " address among the customer's contacts, or in the issuer's setting bookkeeper_email.",
        now=now,
    )


def _deferred(session: Session, claim: Claim, outcome: Outcome, now: datetime, retries: RetryPolicy) -> None:
    message = session.get_one(Message, claim.message_id)
    give_up_at = message.give_up_at or now + retries.deadline
    if outcome.scope is not Scope.MESSAGE:
        key = gates.RELAY if outcome.scope is Scope.RELAY else gates.destination(message.destination)
        gates.close_after_failure(session, key=key, reason=outcome.detail, now=now)
    if claim.attempts >= retries.attempts or now >= give_up_at:
        _give_up(session, claim, f"failed after {claim.attempts} attempts: {outcome.detail}", now)
        return
    # `unknown` too: the same claim comes back with proof that the server does not have it.
    queue.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.SENDING, _S.HANDOVER, _S.UNKNOWN),
        target=_S.SCHEDULED,
        next_at=min(now + backoff(message_id=claim.message_id, attempts=claim.attempts), give_up_at),
        give_up_at=give_up_at,
        reason=outcome.detail,
        lease_until=None,
    )


def _give_up(session: Session, claim: Claim, reason: str, now: datetime) -> None:
    if queue.move(
        session,
        message_id=claim.message_id,
        under=claim.fence,
        sources=(_S.SENDING, _S.HANDOVER, _S.UNKNOWN),
        target=_S.FAILED,
        reason=reason,
        settled_at=now,
        lease_until=None,
    ):
        _note(session, claim, "email_failed", reason, now)


def mark_unknown(session: Session, *, claim: Claim, reason: str, now: datetime) -> None:
    """Record that the message may or may not have been accepted; nobody resends it by itself."""
    if queue.move(
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
    expired = queue.expired_handovers(session, now=now)
    for claim in expired:
        mark_unknown(session, claim=claim, reason="the worker stopped during the handover", now=now)
    return len(expired)


def _note(session: Session, claim: Claim, kind: str, detail: str, now: datetime) -> None:
    message = session.get_one(Message, claim.message_id)
    history.record(
        session,
        invoice_id=message.invoice_id,
        kind=kind,
        actor=WORKER,
        now=now,
        detail=f"{message.kind}: {detail}" if detail else message.kind,
        message_id=claim.message_id,
    )
