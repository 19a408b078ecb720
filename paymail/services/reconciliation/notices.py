"""Telling an issuer's staff about drift: one email for what is new, never twice for the same."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail import observability
from paymail.models import Drift, Invoice, Issuer, PaymentAttempt
from paymail.services.outbox import notices
from paymail.services.reconciliation.examination import number_of

log = observability.logger(__name__)
MOST_LINES = 20


def tell_staff(session: Session, *, now: datetime) -> int:
    """Queue one notice per issuer about drifts that nobody was told of; return how many notices."""
    untold = select(Drift).where(Drift.gone_at.is_(None), Drift.told_at.is_(None))
    by_issuer: dict[int, list[Drift]] = {}
    for row in session.scalars(untold.order_by(Drift.key).with_for_update()):
        by_issuer.setdefault(_issuer_of(session, row), []).append(row)
    told = 0
    for issuer_id, rows in by_issuer.items():
        host = _host(session, issuer_id, rows)
        if host is None:
            # An email hangs on an invoice, and this issuer has none: doctor and the page show it.
            log.warning("drift of an issuer without invoices", issuer=issuer_id, drifts=len(rows))
            continue
        _notice(session, host, rows, now)
        told += 1
    return told


def _notice(session: Session, host: int, rows: Sequence[Drift], now: datetime) -> None:
    keys = "\n".join(f"{row.key} {row.found_at.isoformat()}" for row in rows)
    lines = [
        f"{row.kind.replace('_', ' ')}: invoice {row.invoice_ref or 'unknown'}, {row.intent_id}:"
        f" paymail: {row.books}; Stripe: {row.stripe}."
        for row in rows[:MOST_LINES]
    ]
    if len(rows) > MOST_LINES:
        lines.append(f"And {len(rows) - MOST_LINES} more.")
    notices.tell_staff(
        session,
        invoice_id=host,
        about="drift",
        key=hashlib.sha256(keys.encode()).hexdigest()[:32],
        headline="paymail and Stripe do not agree",
        detail="\n".join([*lines, "See the Reconciliation page for all differences."]),
        now=now,
    )
    for row in rows:
        row.told_at = now


def _issuer_of(session: Session, row: Drift) -> int:
    """The issuer of the intent's invoice, else the first with this account; 0: nobody's."""
    if number := number_of(row.invoice_ref):
        of_invoice = select(Invoice.issuer_id).where(Invoice.invoice_id == number)
        if issuer := session.scalar(of_invoice):
            return issuer
    of_account = select(func.min(Issuer.issuer_id)).where(Issuer.stripe_account == row.account)
    of_attempts = (
        select(func.min(Invoice.issuer_id))
        .join(PaymentAttempt, PaymentAttempt.invoice_id == Invoice.invoice_id)
        .where(PaymentAttempt.account == row.account)
    )
    return session.scalar(of_account) or session.scalar(of_attempts) or 0


def _host(session: Session, issuer_id: int, rows: Sequence[Drift]) -> int | None:
    """An invoice to hang the notice on: one that it is about, else the issuer's latest."""
    about = {number_of(row.invoice_ref) for row in rows}
    own = select(func.min(Invoice.invoice_id)).where(
        Invoice.issuer_id == issuer_id, Invoice.invoice_id.in_(about)
    )
    latest = select(func.max(Invoice.invoice_id)).where(Invoice.issuer_id == issuer_id)
    return session.scalar(own) or session.scalar(latest)
