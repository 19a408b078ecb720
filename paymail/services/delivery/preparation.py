"""Preparing claimed messages: what they say is read for all of them at once, written one by one, and kept.

Whatever one of them is refused for, and whatever fails about it, concerns only itself.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail import observability, request_ids
from paymail.emails import TO_STAFF
from paymail.errors import PaymailError
from paymail.models import ContactRole, Invoice, Message, MessageKind
from paymail.ports.mail import Envelope
from paymail.ports.rendering import Letter
from paymail.services.core.invoices import load_invoice, read_invoices
from paymail.services.delivery import outcomes
from paymail.services.delivery.context import DeliveryContext
from paymail.services.delivery.handover import Seen, amounts_of
from paymail.services.delivery.permission import permission_of
from paymail.services.letters import issued_documents, own_words, reminder
from paymail.services.letters.addressees import addresses, is_addressed, mailed
from paymail.services.letters.letters import letter_date, letter_for, read_threads, says_today
from paymail.services.links import pay_links
from paymail.services.outbox import blobs, gates, suppressions
from paymail.services.outbox.queue import Claim
from paymail.services.outbox.recipients import Addressees
from paymail.services.outbox.suppressions import normalised
from paymail.services.reminders import situation
from paymail.services.reminders.permission import Answer, Situation

log = observability.logger(__name__)

SEPARATOR = "\n"


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may be handed over, as far as is known."""

    claim: Claim
    seen: Seen
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Draft:
    """A message whose letter is to be written."""

    claim: Claim
    message: Message
    letter: Letter
    going: Addressees
    amounts: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message cannot be written."""

    claim: Claim
    error: PaymailError


Found = Ready | Draft | Failure


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at some claims found, in their order; and at the gates."""

    found: list[Found]
    shut: set[str]
    """The gates that let nothing through."""
    failing: set[str]
    """The gates that a success opens."""


def look(context: DeliveryContext, claims: Sequence[Claim]) -> Look:
    """Read all that some claims need; let go of those that must not be sent now."""
    found: dict[Claim, Found | None] = {}
    with context.transaction() as session:
        shut, failing = gates.closed_or_failing(session, now=context.now())
        messages, facts = _read(session, claims, context)
        # One that is gone was taken back with its import meanwhile.
        claims = [claim for claim in claims if claim.message_id in messages]
        for claim in claims:
            message = messages[claim.message_id]
            with _left_to_its_lease(claim):
                try:
                    found[claim] = _look_at(session, context, claim, message, facts.get(message.invoice_id))
                except PaymailError as error:
                    found[claim] = Failure(claim, error)
    ordered: list[Found | None] = []
    for claim, one in found.items():
        with _left_to_its_lease(claim):
            # Whatever writes has a transaction of its own: it takes the locks of one invoice and its message.
            ordered.append(one or _decide(context, claim))
    return Look([one for one in ordered if one is not None], shut, failing)


@contextmanager
def _left_to_its_lease(claim: Claim) -> Iterator[None]:
    """Leave out one message over which our own code fails: it is tried alone, and the others go now."""
    try:
        yield
    except (PaymailError, SQLAlchemyError):
        raise
    except Exception:
        with request_ids.bound(claim.request_id):
            log.exception("email cannot be prepared", message_id=claim.message_id)


def _read(
    session: Session, claims: Sequence[Claim], context: DeliveryContext
) -> tuple[dict[int, Message], dict[int, Situation]]:
    """Read ahead what the messages of some claims need, by a statement or so a table."""
    chosen = select(Message).where(Message.message_id.in_([claim.message_id for claim in claims]))
    rows = session.scalars(chosen).all()
    ids = {message.invoice_id for message in rows}
    invoices = read_invoices(session, invoice_ids=ids)
    messages = {message.message_id: message for message in rows if message.invoice_id in invoices}
    both = [(message, invoices[message.invoice_id]) for message in messages.values()]
    asked = [address for message, invoice in both for address in addresses(message, invoice)]
    suppressions.read(session, addresses=asked)
    issued_documents.read(session, invoice_ids=ids)
    read_threads(session, invoice_ids=ids)
    own_words.read(session, issuer_ids={invoice.issuer_id for invoice in invoices.values()})
    reminded = [message.invoice_id for message, _ in both if message.kind is MessageKind.REMINDER]
    if reminded:
        reminder.read(session, invoice_ids=reminded)
    return messages, _facts(session, both, context)


def _facts(
    session: Session, both: Sequence[tuple[Message, Invoice]], context: DeliveryContext
) -> dict[int, Situation]:
    """Return the situations of the invoices of reminders; of one that cannot be decided on, none."""
    wanted, keys = [], []
    for message, invoice in both:
        # Of one that cannot be read it is said where the message itself is looked at.
        if message.kind is MessageKind.REMINDER and (policy := situation.policy_or_none(invoice)):
            wanted.append((invoice, policy.ladder))
            keys.append(message.dedupe_key)
    return situation.gather(session, invoices=wanted, now=context.now(), without=keys) if wanted else {}


def _look_at(
    session: Session, context: DeliveryContext, claim: Claim, message: Message, facts: Situation | None
) -> Ready | Draft | None:
    """Return what is to be done with a message; None where that is to be decided by itself."""
    invoice, now = load_invoice(session, invoice_id=message.invoice_id), context.now()
    permission = permission_of(session, message=message, invoice=invoice, now=now, facts=facts)
    lives = message.kind in TO_STAFF or pay_links.lives_long_enough(invoice, now)
    if permission.answer is not Answer.GO or not lives:
        return None
    return _as_it_is(session, context, claim, message, invoice)


def _decide(context: DeliveryContext, claim: Claim) -> Found | None:
    """Decide about one message that may not go, or whose link must live longer; None: it was let go of."""
    try:
        with context.transaction() as session:
            message, now = session.get_one(Message, claim.message_id), context.now()
            invoice = load_invoice(session, invoice_id=message.invoice_id)
            if not outcomes.ask_permission(session, claim=claim, message=message, invoice=invoice, now=now):
                return None
            if message.kind not in TO_STAFF:
                pay_links.keep_alive(session, invoice=invoice, now=now)
            return _as_it_is(session, context, claim, message, invoice)
    except PaymailError as error:
        return Failure(claim, error)


def _as_it_is(
    session: Session, context: DeliveryContext, claim: Claim, message: Message, invoice: Invoice
) -> Ready | Draft:
    """Return a message with the bytes of an earlier try, or with its letter.

    Bytes of an earlier try go out again as they are, but never to an address that was corrected since,
    nor with yesterday's "due today".
    """
    now, kept = context.now(), message.mime_sha256
    going = mailed(session, message=message, invoice=invoice)
    if (
        kept is not None
        and is_addressed(session, message=message, invoice=invoice)
        and says_today(session, message=message, invoice=invoice, now=now)
        and not pay_links.outdated(session, message=message)
    ):
        mime, to = blobs.fetch(session, sha256=kept), tuple(message.recipient.split(SEPARATOR))
        envelope = Envelope(message.header_id, message.sender, to, mime, copies_of(to, going))
        return Ready(claim, Seen(message, going.reachable), envelope)
    date, amounts = letter_date(message, invoice, now), amounts_of(session, message, invoice)
    letter = letter_for(session, message=message, public_url=context.public_url, date=date)
    return Draft(claim, message, letter, going, amounts)


def copies_of(to: Sequence[str], going: Addressees) -> frozenset[str]:
    """Return those of the envelope's addresses without whom it is delivered all the same."""
    written_to = {normalised(address) for address in going.named(ContactRole.TO)}
    return frozenset(address for address in to if normalised(address) not in written_to)
