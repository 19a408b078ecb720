"""Telling all staff of what becomes of an issuer's bank details."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.models import BankChange, BankChangeState, Invoice, Issuer, StaffUser
from paymail.services.core.calendar import zone_of
from paymail.services.outbox import notices

log = observability.logger(__name__)
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
    """Queue one notice to each of the issuer's mailbox and all staff; once for each state of a change."""
    latest = select(func.max(Invoice.invoice_id)).where(Invoice.issuer_id == issuer.issuer_id)
    host = session.scalar(latest)
    if host is None:
        # An email hangs on an invoice, and where there is none nobody can pay to a wrong account yet.
        log.info("bank details of an issuer without invoices", issuer=issuer.issuer_id, state=change.state)
        return
    staff = select(StaffUser.email).where(StaffUser.disabled_at.is_(None)).order_by(StaffUser.user_id)
    mailbox = issuer.reply_to or issuer.email
    notices.tell_staff(
        session,
        invoice_id=host,
        about="bank details",
        key=f"{change.change_id}:{change.state}",
        headline=f"{_HEADLINES[change.state]}: {issuer.name}",
        detail=f"From: {before}.\nTo: {after}.\nBy: {actor}.\n{_what_to_do(issuer, change)}",
        now=now,
        recipients=(mailbox, *(email for email in session.scalars(staff) if email != mailbox)),
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
        " it on the Reminders page or with `paymail issuers cancel-bank`; then change the passwords and"
        " revoke the API keys."
    )
