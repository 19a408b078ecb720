"""Delivering one message: claim, render once, hand over, record how it ended.

One of the few use cases with several transactions: none may be open while rendering or talking SMTP
(ADR 0001), so it is given a `transaction` factory instead of a session.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail import observability, request_ids, spans
from paymail.emails import TO_STAFF
from paymail.errors import PaymailError
from paymail.models import ContactRole, Message, MessageKind, MessageState
from paymail.ports.mail import Envelope, Mailer, Outcome, Verdict
from paymail.ports.rendering import Frozen, Letter, Writer
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import outcomes
from paymail.services.delivery.outcomes import RetryPolicy
from paymail.services.delivery.payment_check import ask_before_reminding
from paymail.services.delivery.rate_limits import admit
from paymail.services.letters import issued_documents
from paymail.services.letters.addressees import is_addressed, mailed
from paymail.services.letters.letters import letter_date, letter_for, says_today
from paymail.services.links import pay_links
from paymail.services.outbox import blobs, notices, queue, recipients
from paymail.services.outbox.queue import Claim
from paymail.services.outbox.recipients import Addressees
from paymail.services.outbox.suppressions import domain_of, normalised

log = observability.logger(__name__)

_SEPARATOR = "\n"
MOST_CRASHES = 5
ASK_AGAIN = timedelta(minutes=15)
RECORD_AGAIN = (0.2, 1.0, 3.0)
"""Seconds between tries to record an outcome: the restart of a database, well within a lease."""


@dataclass(frozen=True, slots=True)
class DeliveryContext(GatewayContext):
    """All that delivering needs. `failpoint(name)` does nothing in production; fault tests die there."""

    writer: Writer
    mailer: Mailer
    public_url: str
    lease: timedelta
    retries: RetryPolicy
    sender_rate: int = 0
    """Emails a minute of issuers without a rate of their own; 0 is no limit."""
    failpoint: Callable[[str], None] = lambda _name: None
    pause: Callable[[float], None] = time.sleep


def deliver(context: DeliveryContext, *, message_id: int | None = None) -> bool:
    """Deliver one due message (or `message_id`, if it is due); False when there was nothing to do."""
    with context.transaction() as session:
        now = context.now()
        claims = queue.claim(session, now=now, lease=context.lease, only=message_id)
        if not claims:
            return False
        admitted = admit(session, claim=claims[0], default_rate=context.sender_rate, now=now)
    if admitted:
        context.failpoint("claimed")
        _deliver_for_request(context, claims[0])
    return True


def sweep(context: DeliveryContext, *, limit: int = 100) -> int:
    """Rescue expired handovers, then deliver up to `limit` due messages; return how many were worked on."""
    with context.transaction() as session:
        outcomes.rescue(session, now=context.now())
    done = 0
    while done < limit and deliver(context):
        done += 1
    return done


def _deliver_for_request(context: DeliveryContext, claim: Claim) -> None:
    with request_ids.bound(claim.request_id), spans.span("deliver") as span:
        span.say({"paymail.message_id": claim.message_id, "paymail.kind": str(claim.kind)})
        _deliver_claimed(context, claim)


def _deliver_claimed(context: DeliveryContext, claim: Claim) -> None:
    if claim.crashes >= MOST_CRASHES:
        # Its workers died every time: such a message must not kill the next one.
        detail = f"{claim.crashes} workers stopped while sending it"
        _finish(context, claim, Outcome(Verdict.FAILED, detail=detail))
        return
    try:
        envelope = _prepare(context, claim)
    except PaymailError as error:
        log.warning("email cannot be created", message_id=claim.message_id, code=error.code)
        _finish(context, claim, Outcome(Verdict.FAILED, detail=str(error), phase="render"))
        return
    if envelope is None:
        return
    context.failpoint("prepared")
    if claim.kind is MessageKind.REMINDER and not _asked_stripe(context, claim):
        return
    try:
        outcome = context.mailer.deliver(envelope, lambda: _handover(context, claim))
    except SQLAlchemyError:
        # Raised by our own handover before the dot, so the server has nothing, committed or not.
        log.warning("database failed at handover", message_id=claim.message_id, exc_info=True)
        outcome = Outcome(Verdict.DEFERRED, detail="the database failed before the handover")
    except PaymailError as error:
        # Also our own and before the dot: what the message depends on cannot be read (a broken calendar).
        outcome = Outcome(Verdict.FAILED, detail=str(error), phase="handover")
    context.failpoint("answered")
    _finish(context, claim, outcome)


def _asked_stripe(context: DeliveryContext, claim: Claim) -> bool:
    reason = ask_before_reminding(context, message_id=claim.message_id)
    if reason:
        with context.transaction() as session:
            queue.put_back(session, claim=claim, at=context.now() + ASK_AGAIN, reason=reason)
    return not reason


def _handover(context: DeliveryContext, claim: Claim) -> bool:
    with context.transaction() as session:
        allowed = outcomes.begin_handover(session, claim=claim, now=context.now(), lease=context.lease)
    context.failpoint("handover")
    return allowed


def _finish(context: DeliveryContext, claim: Claim, outcome: Outcome) -> None:
    """Record the outcome. What the server said is known only here, so a failing database is asked again."""
    for pause in (*RECORD_AGAIN, None):
        try:
            with context.transaction() as session:
                outcomes.finish(
                    session, claim=claim, outcome=outcome, now=context.now(), retries=context.retries
                )
            break
        except SQLAlchemyError:
            if pause is None:
                raise
            log.warning("database failed; recording again", message_id=claim.message_id, exc_info=True)
            context.pause(pause)
    log.info("message tried", message_id=claim.message_id, verdict=outcome.verdict, phase=outcome.phase)


def _prepare(context: DeliveryContext, claim: Claim) -> Envelope | None:
    """Return the envelope, writing the letter unless kept bytes still hold; None if it must not be sent."""
    with context.transaction() as session:
        message = session.get_one(Message, claim.message_id)
        invoice = load_invoice(session, invoice_id=message.invoice_id)
        now = context.now()
        if not outcomes.ask_permission(session, claim=claim, message=message, invoice=invoice, now=now):
            return None
        if message.kind not in TO_STAFF:
            pay_links.keep_alive(session, invoice=invoice, now=now)
        # Bytes of an earlier try go out again as they are, but never to an address that was corrected since,
        # nor with yesterday's "due today".
        holds = is_addressed(session, message=message, invoice=invoice) and says_today(
            session, message=message, invoice=invoice, now=now
        )
        kept = message.mime_sha256 if holds else None
        if kept is not None and not pay_links.outdated(session, message=message):
            going = mailed(session, message=message, invoice=invoice)
            return _envelope(message, blobs.fetch(session, sha256=kept), going)
        letter = letter_for(
            session, message=message, public_url=context.public_url, date=letter_date(message, invoice, now)
        )
        going = mailed(session, message=message, invoice=invoice)
    return _write(context, claim, letter, going)


def _write(context: DeliveryContext, claim: Claim, letter: Letter, going: Addressees) -> Envelope | None:
    written = context.writer.write(letter)
    enclosed = letter.enclosed.version if letter.enclosed else None
    context.failpoint("written")
    with context.transaction() as session:
        now = context.now()
        kept = queue.move(
            session,
            message_id=claim.message_id,
            under=claim.fence,
            sources=(MessageState.SENDING,),
            target=MessageState.SENDING,
            mime_sha256=blobs.keep(session, content=written.mime, now=now),
            pdf_sha256=_keep_pdf(session, letter.version, written.pdf, now),
            enclosed_sha256=_keep_pdf(session, enclosed, written.enclosed, now),
            subject=written.subject,
            sender=written.sender,
            recipient=_SEPARATOR.join(written.recipients),
            destination=domain_of(written.recipients[0]),
        )
        if not kept:
            session.rollback()  # cancelled, or taken over after our lease ran out: theirs to finish
            return None
        for version, pdf in ((letter.version, written.pdf), (enclosed, written.enclosed)):
            if version is not None and pdf is not None:
                issued_documents.enter(session, version=version, pdf=pdf, now=now)
        recipients.begin(session, message_id=claim.message_id, going=going)
        if written.unworded:
            _tell_unworded(session, claim, letter, written.unworded, now)
    return Envelope(
        letter.message_id,
        written.sender,
        written.recipients,
        written.mime,
        _copies(written.recipients, going),
    )


def _tell_unworded(session: Session, claim: Claim, letter: Letter, why: str, now: datetime) -> None:
    """Say once of a version that the company's own words are not used any more, and why."""
    invoice_id = session.get_one(Message, claim.message_id).invoice_id
    notices.tell_staff(
        session,
        invoice_id=invoice_id,
        about="own words",
        key=letter.wording_id,
        headline=f"Your own words cannot be used in the email {letter.email.template}",
        detail=f"{why}.\nIt went out in paymail's words. Save others on the page of the company's wording.",
        now=now,
    )


def _keep_pdf(session: Session, version: Frozen | None, pdf: bytes | None, now: datetime) -> str | None:
    if pdf is None:
        return None
    if version is None:
        return blobs.keep(session, content=bytes(pdf), now=now)
    return issued_documents.keep(session, version=version, pdf=pdf, now=now)


def _envelope(message: Message, mime: bytes, going: Addressees) -> Envelope:
    addresses = tuple(message.recipient.split(_SEPARATOR))
    return Envelope(message.header_id, message.sender, addresses, mime, _copies(addresses, going))


def _copies(addresses: Iterable[str], going: Addressees) -> frozenset[str]:
    written_to = {normalised(address) for address in going.named(ContactRole.TO)}
    return frozenset(address for address in addresses if normalised(address) not in written_to)
