"""Delivering one message: claim, render once, hand over, record how it ended.

One of the few use cases with several transactions: none may be open while rendering or talking SMTP
(ADR 0001), so it is given a `transaction` factory instead of a session.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import Message, MessageState
from paymail.ports import Envelope, Letter, Mailer, Outcome, Verdict, Writer
from paymail.services import blobs, outbox, outcomes
from paymail.services.composing import load_invoice
from paymail.services.letters import letter_for
from paymail.services.outbox import Claim

log = observability.logger(__name__)

_SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Post:
    """All that delivering needs. `failpoint(name)` does nothing in production; fault tests die there."""

    transaction: Callable[[], AbstractContextManager[Session]]
    now: Callable[[], datetime]
    writer: Writer
    mailer: Mailer
    public_url: str
    lease: timedelta
    max_attempts: int
    failpoint: Callable[[str], None] = lambda _name: None


def deliver(post: Post, *, message_id: int | None = None) -> bool:
    """Deliver one due message (or `message_id`, if it is due); False when there was nothing to do."""
    with post.transaction() as session:
        claims = outbox.claim(session, now=post.now(), lease=post.lease, only=message_id)
    if not claims:
        return False
    post.failpoint("claimed")
    _deliver_claimed(post, claims[0])
    return True


def sweep(post: Post, *, limit: int = 100) -> int:
    """Rescue expired handovers, then deliver up to `limit` due messages; return how many were worked on."""
    with post.transaction() as session:
        outcomes.rescue(session, now=post.now())
    done = 0
    while done < limit and deliver(post):
        done += 1
    return done


def _deliver_claimed(post: Post, claim: Claim) -> None:
    if claim.attempts > post.max_attempts:
        # Only a worker that died every time comes here: such a message must not kill the next one.
        _finish(post, claim, Outcome(Verdict.FAILED, detail="its workers died while sending it"))
        return
    try:
        envelope = _prepare(post, claim)
    except PaymailError as error:
        log.warning("message cannot be written", message_id=claim.message_id, code=error.code)
        _finish(post, claim, Outcome(Verdict.FAILED, detail=str(error), phase="render"))
        return
    if envelope is None:
        return
    post.failpoint("prepared")
    try:
        outcome = post.mailer.deliver(envelope, lambda: _handover(post, claim))
    except SQLAlchemyError:
        # Raised by our own handover before the dot, so the server has nothing, committed or not.
        log.warning("database failed at handover", message_id=claim.message_id, exc_info=True)
        outcome = Outcome(Verdict.DEFERRED, detail="the database failed before the hand-over")
    post.failpoint("answered")
    _finish(post, claim, outcome)


def _handover(post: Post, claim: Claim) -> bool:
    with post.transaction() as session:
        allowed = outcomes.begin_handover(session, claim=claim, now=post.now(), lease=post.lease)
    post.failpoint("handover")
    return allowed


def _finish(post: Post, claim: Claim, outcome: Outcome) -> None:
    with post.transaction() as session:
        outcomes.finish(session, claim=claim, outcome=outcome, now=post.now(), max_attempts=post.max_attempts)
    log.info("message tried", message_id=claim.message_id, verdict=outcome.verdict, phase=outcome.phase)


def _prepare(post: Post, claim: Claim) -> Envelope | None:
    """Return the envelope, writing the letter on the first try only; None if it must not be sent."""
    with post.transaction() as session:
        message = session.get_one(Message, claim.message_id)
        invoice = load_invoice(session, invoice_id=message.invoice_id)
        if reason := outcomes.reason_not_to_send(message.kind, invoice):
            outcomes.suppress(session, claim=claim, reason=reason, now=post.now())
            return None
        if message.mime_sha256 is not None:
            return _envelope(message, blobs.fetch(session, sha256=message.mime_sha256))
        letter = letter_for(session, message=message, public_url=post.public_url, date=post.now())
    return _write(post, claim, letter)


def _write(post: Post, claim: Claim, letter: Letter) -> Envelope | None:
    written = post.writer.write(letter)
    post.failpoint("written")
    with post.transaction() as session:
        now = post.now()
        kept = outbox.move(
            session,
            message_id=claim.message_id,
            under=claim.fence,
            sources=(MessageState.SENDING,),
            target=MessageState.SENDING,
            mime_sha256=blobs.keep(session, content=written.mime, now=now),
            pdf_sha256=blobs.keep(session, content=written.pdf, now=now) if written.pdf is not None else None,
            subject=written.subject,
            sender=written.sender,
            recipient=_SEPARATOR.join(written.recipients),
        )
    if not kept:
        return None  # cancelled, or taken over after our lease ran out: theirs to finish
    return Envelope(letter.message_id, written.sender, written.recipients, written.mime)


def _envelope(message: Message, mime: bytes) -> Envelope:
    recipients = tuple(message.recipient.split(_SEPARATOR))
    return Envelope(message.header_id, message.sender, recipients, mime)
