"""What became of a drift: found, still so, gone, told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.models import Drift, Invoice
from paymail.services.reconciliation.comparison import Comparison
from paymail.services.reconciliation.drift import Finding
from paymail.services.reconciliation.examination import number_of


def store(session: Session, *, comparison: Comparison, now: datetime) -> None:
    """Write down what was found; what was not found again on a compared account is over."""
    for finding in comparison.findings:
        _keep(session, finding, now)
    keys = {finding.key for finding in comparison.findings}
    before = select(Drift).where(Drift.gone_at.is_(None), Drift.account.in_(comparison.compared))
    for row in session.scalars(before.with_for_update()):
        if row.key not in keys:
            row.gone_at = now


def _keep(session: Session, finding: Finding, now: datetime) -> None:
    money = finding.stripe.money or finding.books.money
    values = {
        "kind": finding.kind.value,
        "account": finding.account,
        "intent_id": finding.intent_id,
        "invoice_ref": finding.invoice_ref[:80],
        "currency": money.currency if money else "",
        "books": finding.books.text,
        "books_amount": finding.books.money.minor if finding.books.money else None,
        "stripe": finding.stripe.text,
        "stripe_amount": finding.stripe.money.minor if finding.stripe.money else None,
        "seen_at": now,
    }
    if insert_once(session, Drift, {"key": finding.key, "found_at": now, **values}):
        return
    row = session.get_one(Drift, finding.key, with_for_update=True, populate_existing=True)
    if row.gone_at is not None:  # it is back, which is news
        row.gone_at, row.told_at, row.found_at = None, None, now
    for name, value in values.items():
        setattr(row, name, value)


def open_drifts(session: Session, *, limit: int = 500) -> Sequence[Drift]:
    """Return what does not agree at present, the newest first."""
    rows = select(Drift).where(Drift.gone_at.is_(None)).order_by(Drift.found_at.desc(), Drift.key)
    return list(session.scalars(rows.limit(limit)))


def count_open(session: Session) -> int:
    """Return how many drifts are open."""
    return session.scalar(select(func.count()).select_from(Drift).where(Drift.gone_at.is_(None))) or 0


def gone_drifts(session: Session, *, limit: int = 50) -> Sequence[Drift]:
    """Return what agrees again, the latest first."""
    rows = select(Drift).where(Drift.gone_at.is_not(None)).order_by(Drift.gone_at.desc(), Drift.key)
    return list(session.scalars(rows.limit(limit)))


def invoices_here(session: Session, *, rows: Sequence[Drift]) -> set[int]:
    """Return which of the invoices that drifts name are ours."""
    named = {number_of(row.invoice_ref) for row in rows}
    return set(session.scalars(select(Invoice.invoice_id).where(Invoice.invoice_id.in_(named))))
