"""Telling all staff of what becomes of an issuer's bank details."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import BankChange, BankChangeState, Issuer
from paymail.services.core.calendar import zone_of
from paymail.services.issuers.staff_notice import tell_all

_HEADLINES = {
    BankChangeState.WAITING: "A change of the bank details was asked for",
    BankChangeState.APPLIED: "Customers see other bank details from now on",
    BankChangeState.CANCELLED: "A change of the bank details was cancelled",
}


def tell(
    session: Session,
    issuer: Issuer,
    change: BankChange,
    *,
    before: str,
    after: str,
    actor: str,
    now: datetime,
) -> None:
    """Queue one notice to each of the issuer's mailboxes and all staff; once for each state of a change."""
    tell_all(
        session,
        issuer,
        about="bank details",
        key=f"{change.change_id}:{change.state}",
        headline=f"{_HEADLINES[change.state]}: {issuer.name}",
        detail=f"From: {before}.\nTo: {after}.\nBy: {actor}.\n{_what_to_do(issuer, change)}",
        now=now,
    )


def in_words(details: Mapping[str, str]) -> str:
    """Return bank details on one line."""
    said = [f"{name.removeprefix('bank_')} {value}" for name, value in details.items() if value]
    return ", ".join(said) or "none"


def _what_to_do(issuer: Issuer, change: BankChange) -> str:
    if change.state is not BankChangeState.WAITING:
        return ""
    due = change.due_at.astimezone(zone_of(issuer.timezone))
    return (
        f"It takes effect on {due:%-d %B %Y at %H:%M} ({due.tzname()}), or as soon as somebody with access to"
        " the server confirms it with `paymail issuers confirm-bank`. If nobody of you asked for it, cancel"
        " it on the company's page in Settings or with `paymail issuers cancel-bank`; then change the"
        " passwords and revoke the API keys."
    )
