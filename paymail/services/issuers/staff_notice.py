"""Telling all staff of a change that decides where a customer's money or answer goes."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.models import Invoice, Issuer, IssuerChange, StaffRole, StaffUser
from paymail.services.outbox import notices
from paymail.services.outbox.suppressions import normalised

log = observability.logger(__name__)
TOLD_FIELDS = (
    "legal_name", "email", "reply_to", "bookkeeper_email", "phone", "website", "address", "terms", "footer",
)  # fmt: skip
"""Details in which a thief could write an account, a way to reach them, or who gets copies; not held back."""
_MAILBOX_TOLD_FOR = timedelta(days=30)
_MOST_MAILBOXES = 5
"""The oldest ones: they were there before whoever changes it again and again."""


def tell_of_details(
    session: Session, issuer: Issuer, changed: Mapping[str, tuple[str, str]], actor: str, now: datetime
) -> None:
    """Queue notices of the TOLD_FIELDS among `changed` (old and new value); none where there are none."""
    told = {name: changed[name] for name in TOLD_FIELDS if name in changed}
    if not told:
        return
    session.flush()
    mine = select(func.max(IssuerChange.change_id)).where(IssuerChange.issuer_id == issuer.issuer_id)
    said = "\n".join(f"{name}: {old or 'none'} → {new or 'none'}" for name, (old, new) in told.items())
    tell_all(
        session,
        issuer,
        about="issuer details",
        key=str(session.scalar(mine)),
        headline=f"What customers see of {issuer.name} was changed: {', '.join(told)}",
        detail=f"{said}\nBy: {actor}.\nIf nobody of you did it, change it back; then change the passwords and"
        " revoke the API keys.",
        now=now,
    )


def tell_all(
    session: Session, issuer: Issuer, *, about: str, key: str, headline: str, detail: str, now: datetime
) -> bool:
    """Queue one notice to each of the issuer's mailboxes, of now and of before, and all its staff; return
    whether anybody is told."""
    latest = select(func.max(Invoice.invoice_id)).where(Invoice.issuer_id == issuer.issuer_id)
    host = session.scalar(latest)
    if host is None:
        # An email hangs on an invoice, and where there is none nobody can pay to a wrong account yet.
        log.info("change of an issuer without invoices", issuer=issuer.issuer_id, about=about, key=key)
        return False
    mine = select(StaffRole.user_id).where(
        StaffRole.issuer_id.is_(None) | (StaffRole.issuer_id == issuer.issuer_id)
    )
    staff = select(StaffUser.email).where(StaffUser.disabled_at.is_(None), StaffUser.user_id.in_(mine))
    staff = staff.order_by(StaffUser.user_id)
    wanted = [*_mailboxes(session, issuer, now), *session.scalars(staff)]
    notices.tell_staff(
        session,
        invoice_id=host,
        about=about,
        key=key,
        headline=headline,
        detail=detail,
        now=now,
        recipients=tuple({normalised(address): address for address in reversed(wanted)}.values())[::-1],
    )
    return True


def _mailboxes(session: Session, issuer: Issuer, now: datetime) -> list[str]:
    """Return the issuer's addresses, and those it had until lately: a thief is not told alone."""
    before = (
        select(IssuerChange.old)
        .where(IssuerChange.issuer_id == issuer.issuer_id, IssuerChange.setting.in_(("email", "reply_to")))
        .where(IssuerChange.old != "", IssuerChange.at > now - _MAILBOX_TOLD_FOR)
        .order_by(IssuerChange.change_id)
        .limit(_MOST_MAILBOXES)
    )
    present = [address for address in (issuer.reply_to, issuer.email) if address]
    return [*present, *session.scalars(before)]
