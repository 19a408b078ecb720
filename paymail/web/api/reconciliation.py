"""Reconciliation: how the last runs ended, and in what the books and Stripe differ."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from paymail import money
from paymail.models import Drift, ReconcilerTurn
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.reconciliation import drift_store, turns
from paymail.services.reconciliation.drift import Kind
from paymail.web.api.access import Access
from paymail.web.schemas.pages import LIST_PROBLEMS
from paymail.wiring import App


class Run(BaseModel):
    """How a job ended last."""

    job: str = Field(description="`settle` (what webhooks missed) or `compare` (the books with Stripe).")
    ended_at: datetime | None
    summary: str
    failure: str = Field(description="Accounts that could not be asked, and why; empty: all were.")

    @classmethod
    def of(cls, row: ReconcilerTurn) -> "Run":
        """Return what a row says."""
        return cls(job=row.job, ended_at=row.ended_at, summary=row.summary, failure=row.failure)


class DriftRow(BaseModel):
    """One thing in which the books and Stripe differ."""

    kind: Kind
    account: str
    intent_id: str
    invoice_id: str = Field(description="As the books or Stripe's metadata have it; may be none of ours.")
    currency: str
    books: str
    books_amount: float | None = Field(description="Where an amount differs; so is Stripe's.")
    stripe: str
    stripe_amount: float | None
    found_at: datetime
    seen_at: datetime

    @classmethod
    def of(cls, row: Drift) -> "DriftRow":
        """Return what a row says."""
        return cls(
            kind=Kind(row.kind),
            account=row.account,
            intent_id=row.intent_id,
            invoice_id=row.invoice_ref,
            currency=row.currency,
            books=row.books,
            books_amount=_major(row.books_amount, row.currency),
            stripe=row.stripe,
            stripe_amount=_major(row.stripe_amount, row.currency),
            found_at=row.found_at,
            seen_at=row.seen_at,
        )


class Reconciliation(BaseModel):
    """The last runs, and what differs at present."""

    runs: list[Run]
    drift: list[DriftRow] = Field(description="At most 500, the newest first.")


def _major(amount: int | None, currency: str) -> float | None:
    return None if amount is None else float(money.to_decimal(amount, currency))


def router(app: App, access: Access) -> APIRouter:
    """Return the route of the reconciler."""
    routes = APIRouter(prefix="/api/v1/reconciliation", tags=["reconciliation"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]

    @routes.get("", responses=LIST_PROBLEMS)
    def get_reconciliation(_holder: Reader) -> Reconciliation:
        """Show how the reconciler's last runs ended and what differs. Scope: read."""
        with app.reading() as session:
            rows = [turns.last(session, job=job) for job in (turns.SETTLE, turns.COMPARE)]
            drifts = drift_store.open_drifts(session)
        return Reconciliation(
            runs=[Run.of(row) for row in rows if row], drift=[DriftRow.of(row) for row in drifts]
        )

    return routes
