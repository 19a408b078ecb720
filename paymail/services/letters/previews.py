"""What an email will be, before it is: the letter that the worker will write, and samples of each kind."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.emails import SAMPLES
from paymail.errors import NotFound
from paymail.models import Message, MessageState
from paymail.ports.rendering import Letter, Writer
from paymail.services.core.invoices import load_invoice
from paymail.services.letters.letters import letter_date, letter_for
from paymail.services.lists.lookup import NotWrittenYet
from paymail.services.outbox import blobs
from paymail.services.outbox.reschedule import NoSuchMessage

_STILL_TO_BE_WRITTEN = (MessageState.SCHEDULED, MessageState.SENDING)


class NoSuchSample(NotFound):
    """No email kind has this name."""

    code = "no_such_sample"


@dataclass(frozen=True, slots=True)
class Seen:
    """An email's bytes; `kept` are those that were written for sending."""

    mime: bytes
    kept: bool


def see(session: Session, *, message_id: int, writer: Writer, public_url: str, now: datetime) -> Seen:
    """Return the kept bytes of a message, or those that a worker would write now. Stores nothing.

    Raises what `preview` does, and Erased.
    """
    message = session.get(Message, message_id)
    if message is not None and message.mime_sha256 is not None:
        return Seen(blobs.fetch(session, sha256=message.mime_sha256), kept=True)
    letter = preview(session, message_id=message_id, public_url=public_url, now=now)
    return Seen(writer.write(letter).mime, kept=False)


def preview(session: Session, *, message_id: int, public_url: str, now: datetime) -> Letter:
    """Return the letter of a message that is not written yet, as a worker would write it.

    Written by the same writer it gives the very bytes that will be handed over, if nothing that it shows
    changes before. Stores nothing. Raises NoSuchMessage, NotWrittenYet (it ended without being written).
    """
    message = session.get(Message, message_id)
    if message is None:
        raise NoSuchMessage(f"message {message_id} not found")
    if message.state not in _STILL_TO_BE_WRITTEN:
        raise NotWrittenYet(f"message {message_id} is {message.state}, so it has no email to show")
    invoice = load_invoice(session, invoice_id=message.invoice_id)
    date = letter_date(message, invoice, now)
    return letter_for(session, message=message, public_url=public_url, date=date)


def sample(*, template: str, now: datetime) -> Letter:
    """Return a letter with a kind's sample, without its PDF, dated `now`. Raises NoSuchSample."""
    email = SAMPLES.get(template)
    if email is None:
        raise NoSuchSample(f"email template {template[:40]!r} not found")
    return Letter(
        email=email,
        document=None,
        filename="",
        from_name=email.issuer_name,
        from_address="billing@southern-it.example",
        to_name=email.customer_name,
        to_address="accounts@vacuum.example",
        reply_to="",
        message_id="<sample@paymail.invalid>",
        date=now,
    )
