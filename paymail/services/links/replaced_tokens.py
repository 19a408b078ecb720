"""Pay links that were replaced or revoked: remembered by digest, so that their page can say so."""

import hashlib
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice, InvoiceStatus, Issuer, ReplacedToken
from paymail.services.access.visible import among_all_issuers
from paymail.services.core.invoices import local_date


def digest_of(token: str) -> str:
    """Return the digest that a token is remembered by."""
    return hashlib.sha256(token.encode()).hexdigest()


def remember(session: Session, *, invoice: Invoice, now: datetime, revoked: bool) -> None:
    """Remember the link that a locked invoice has, before it goes; nothing if it has none."""
    if invoice.payment_token is None:
        return
    session.add(
        ReplacedToken(
            digest=digest_of(invoice.payment_token),
            invoice_id=invoice.invoice_id,
            replaced_at=now,
            revoked=revoked,
        )
    )


def replaced(session: Session, *, token: str) -> tuple[int, date] | None:
    """Return the id of the invoice that a token led to before another took its place, and the issuer's date
    of that.

    None for one that was revoked, and where nothing newer leads to the invoice: it is a draft, its link was
    revoked later, or its customer was erased.
    """
    statement = (
        select(Invoice.invoice_id, Issuer, ReplacedToken.replaced_at)
        .join(Invoice, Invoice.invoice_id == ReplacedToken.invoice_id)
        .join(Issuer, Issuer.issuer_id == Invoice.issuer_id)
        .where(
            ReplacedToken.digest == digest_of(token),
            ReplacedToken.revoked.is_(False),
            Invoice.payment_token.is_not(None),
            Invoice.status != InvoiceStatus.DRAFT,
        )
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        return None
    invoice_id, issuer, at = row
    return invoice_id, local_date(issuer, at)


def former(session: Session, *, tokens: Collection[str]) -> dict[str, int]:
    """Return those of `tokens` that were replaced or revoked, each with the invoice that it led to,
    of whichever issuer."""
    digests = {digest_of(token): token for token in tokens}
    statement = select(ReplacedToken.digest, ReplacedToken.invoice_id)
    mine = statement.where(ReplacedToken.digest.in_(list(digests)))
    found = session.execute(among_all_issuers(mine))
    return {digests[digest]: invoice_id for digest, invoice_id in found}
