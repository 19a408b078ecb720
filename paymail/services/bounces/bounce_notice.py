"""What staff are told about an email that came back."""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import TO_NAMED, Message
from paymail.services.bounces.report import Finding
from paymail.services.outbox import dedupe_keys, notices


def tell_staff(
    session: Session, message: Message, finding: Finding, address: str, now: datetime, *, held: bool
) -> None:
    """Queue one email to the issuer's staff per message and address (normalised); `held`: reminders wait."""
    if message.kind in TO_NAMED:
        what = "It went to an address that somebody named, not to the customer's. Reminders go on."
    else:
        what = _what_to_do(finding, address) if held else _what_is_left(finding)
    notices.tell_staff(
        session,
        invoice_id=message.invoice_id,
        about="bounce",
        key=_notice_key(message, address),
        headline=f"The {message.kind} email to {address} bounced",
        detail=f"{words_of(finding)}\n{what}",
        now=now,
    )


def tell_of_failure_somewhere(session: Session, message: Message, finding: Finding, now: datetime) -> None:
    """Queue one email per message about a failure at one of its recipients, nobody knows which."""
    notices.tell_staff(
        session,
        invoice_id=message.invoice_id,
        about="bounce",
        key=f"{message.message_id}-unclear",
        headline=f"The {message.kind} email did not reach one of its recipients",
        detail=f"{words_of(finding)}\nThe report does not say which one. Nothing is suppressed."
        " Reminders are on hold: release them on the invoice's page once you know who received it.",
        now=now,
    )


def tell_of_complaint(
    session: Session, message: Message, finding: Finding, now: datetime, *, held: bool
) -> None:
    """Queue one email about somebody who called an email unwanted; `held`: the customer's reminders wait."""
    what = "Reminders of this customer are on hold:" if held else "Nothing is on hold, but take it seriously:"
    then = ", then release the hold on the invoice's page" if held else ""
    notices.tell_staff(
        session,
        invoice_id=message.invoice_id,
        about="complaint",
        key=message.message_id,
        headline=f"A recipient reported the {message.kind} email as spam",
        detail=f"{words_of(finding)}\nThe email was delivered. {what} further complaints would harm your"
        f" reputation. Call or write to them{then}. If they want no email, suppress the address with"
        " `paymail suppressions add`.",
        now=now,
    )


def _what_to_do(finding: Finding, address: str) -> str:
    if finding.bad_address:
        return (
            "The address does not accept email and is now suppressed. Change the customer's address, or lift"
            " the suppression once you know that it works. Reminders will then resume."
        )
    return (
        "The address itself may still work. Its reminders are on hold: once the cause is"
        f" fixed, resume them with `paymail suppressions lift {address} --reason …` or on the"
        " Suppressions page."
    )


def _what_is_left(finding: Finding) -> str:
    others = "The email reached its other recipients, so reminders go on."
    if finding.bad_address:
        return f"{others} This address does not accept email and is now suppressed: correct it, or remove it."
    return f"{others} The address itself may still work."


def words_of(finding: Finding) -> str:
    """Return what the report says of the failure."""
    return " ".join(part for part in (finding.status, finding.detail) if part) or "no reason given"


def _notice_key(message: Message, address: str) -> str:
    if "\n" not in message.recipient:
        return str(message.message_id)
    return f"{message.message_id}-{dedupe_keys.address(address)}"
