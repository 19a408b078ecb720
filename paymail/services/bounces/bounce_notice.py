"""What staff are told about an email that came back."""

import hashlib
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Message
from paymail.services.bounces.report import Finding
from paymail.services.outbox import notices


def tell_staff(session: Session, message: Message, finding: Finding, address: str, now: datetime) -> None:
    """Queue one email to the issuer's staff per message and address (normalised)."""
    after = (
        "The address does not accept email and is now suppressed. Change the customer's address, or lift"
        " the suppression once you know that it works. Reminders will then resume."
        if finding.bad_address
        else "The address itself may still work. Its reminders are on hold: once the cause is"
        f" fixed, resume them with `paymail suppressions lift {address} --reason …` or on the"
        " Suppressions page."
    )
    notices.tell_staff(
        session,
        invoice_id=message.invoice_id,
        about="bounce",
        key=_notice_key(message, address),
        headline=f"The {message.kind} email to {address} bounced",
        detail=f"{words_of(finding)}\n{after}",
        now=now,
    )


def words_of(finding: Finding) -> str:
    """Return what the report says of the failure."""
    return " ".join(part for part in (finding.status, finding.detail) if part) or "no reason given"


def _notice_key(message: Message, address: str) -> str:
    if "\n" not in message.recipient:
        return str(message.message_id)
    return f"{message.message_id}-{hashlib.sha256(address.encode()).hexdigest()[:12]}"
