"""Delivering one message: claim, render once, hand over, record how it ended.

One of the few use cases with several transactions: none may be open while rendering or talking SMTP
(ADR 0001), so it is given a `transaction` factory instead of a session.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import Message, MessageState
from paymail.ports.mail import Envelope, Mailer, Outcome, Verdict
from paymail.ports.payments import Gateway
from paymail.ports.rendering import Letter, Writer
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import outcomes
from paymail.services.delivery.outcomes import Patience
from paymail.services.delivery.payment_check import ask_before_reminding
from paymail.services.delivery.rate_limits import admit
from paymail.services.letters.letters import letter_date, letter_for
from paymail.services.links import pay_links
from paymail.services.outbox import blobs, queue
from paymail.services.outbox.queue import Claim

log = observability.logger(__name__)

_SEPARATOR = "\n"
MOST_CRASHES = 5
ASK_AGAIN = timedelta(minutes=15)
RECORD_AGAIN = (0.2, 1.0, 3.0)
"""Seconds between tries to record an outcome: the restart of a database, well within a lease."""


@dataclass(frozen=True, slots=True)
class Post:
    """All that delivering needs. `failpoint(name)` does nothing in production; fault tests die there."""

    transaction: Callable[[], AbstractContextManager[Session]]
    now: Callable[[], datetime]
    writer: Writer
    mailer: Mailer
    gateway: Gateway
    public_url: str
    lease: timedelta
    patience: Patience
    sender_rate: int = 0
    """Emails a minute of issuers without a rate of their own; 0 is no limit."""
    failpoint: Callable[[str], None] = lambda _name: None
    pause: Callable[[float], None] = time.sleep


def deliver(post: Post, *, message_id: int | None = None) -> bool:
    """Deliver one due message (or `message_id`, if it is due); False when there was nothing to do."""
    with post.transaction() as session:
        now = post.now()
        claims = queue.claim(session, now=now, lease=post.lease, only=message_id)
        if not claims:
            return False
        admitted = admit(session, claim=claims[0], default_rate=post.sender_rate, now=now)
    if admitted:
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
    if claim.crashes >= MOST_CRASHES:
        # Its workers died every time: such a message must not kill the next one.
        detail = f"{claim.crashes} workers died while sending it"
        _finish(post, claim, Outcome(Verdict.FAILED, detail=detail))
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
    if claim.kind == "reminder" and not _asked_stripe(post, claim):
        return
    try:
        outcome = post.mailer.deliver(envelope, lambda: _handover(post, claim))
    except SQLAlchemyError:
        # Raised by our own handover before the dot, so the server has nothing, committed or not.
        log.warning("database failed at handover", message_id=claim.message_id, exc_info=True)
        outcome = Outcome(Verdict.DEFERRED, detail="the database failed before the hand-over")
    except PaymailError as error:
        # Also our own and before the dot: what the message depends on cannot be read (a broken calendar).
        outcome = Outcome(Verdict.FAILED, detail=str(error), phase="handover")
    post.failpoint("answered")
    _finish(post, claim, outcome)


def _asked_stripe(post: Post, claim: Claim) -> bool:
    reason = ask_before_reminding(post.transaction, post.gateway, post.now, message_id=claim.message_id)
    if reason:
        with post.transaction() as session:
            queue.put_back(session, claim=claim, at=post.now() + ASK_AGAIN, reason=reason)
    return not reason


def _handover(post: Post, claim: Claim) -> bool:
    with post.transaction() as session:
        allowed = outcomes.begin_handover(session, claim=claim, now=post.now(), lease=post.lease)
    post.failpoint("handover")
    return allowed


def _finish(post: Post, claim: Claim, outcome: Outcome) -> None:
    """Record the outcome. What the server said is known only here, so a failing database is asked again."""
    for pause in (*RECORD_AGAIN, None):
        try:
            with post.transaction() as session:
                outcomes.finish(session, claim=claim, outcome=outcome, now=post.now(), patience=post.patience)
            break
        except SQLAlchemyError:
            if pause is None:
                raise
            log.warning("database failed; recording again", message_id=claim.message_id, exc_info=True)
            post.pause(pause)
    log.info("message tried", message_id=claim.message_id, verdict=outcome.verdict, phase=outcome.phase)


def _prepare(post: Post, claim: Claim) -> Envelope | None:
    """Return the envelope, writing the letter on the first try only; None if it must not be sent."""
    with post.transaction() as session:
        message = session.get_one(Message, claim.message_id)
        invoice = load_invoice(session, invoice_id=message.invoice_id)
        now = post.now()
        if not outcomes.may_go(session, claim=claim, message=message, invoice=invoice, now=now):
            return None
        if message.kind != "notice":
            pay_links.keep_alive(session, invoice=invoice, now=now)
        if message.mime_sha256 is not None and not pay_links.outdated(session, message=message):
            return _envelope(message, blobs.fetch(session, sha256=message.mime_sha256))
        letter = letter_for(
            session, message=message, public_url=post.public_url, date=letter_date(message, now)
        )
    return _write(post, claim, letter)


def _write(post: Post, claim: Claim, letter: Letter) -> Envelope | None:
    written = post.writer.write(letter)
    post.failpoint("written")
    with post.transaction() as session:
        now = post.now()
        kept = queue.move(
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
