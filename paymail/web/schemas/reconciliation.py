"""The reconciler's runs and what it found, as JSON."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from paymail.models import Drift, ReconcilerTurn
from paymail.services.reconciliation.drift import Kind
from paymail.web.schemas.units import major_or_none


class Run(BaseModel):
    """How a job ended last."""

    job: str = Field(description="`settle` (missed payments) or `compare` (paymail with Stripe).")
    ended_at: datetime | None
    summary: str
    failure: str = Field(description="Accounts that could not be checked, and why; empty if all were.")

    @classmethod
    def of(cls, row: ReconcilerTurn) -> "Run":
        """Return what a row says."""
        return cls(job=row.job, ended_at=row.ended_at, summary=row.summary, failure=row.failure)


class DriftRow(BaseModel):
    """A difference between paymail and Stripe."""

    kind: Kind
    account: str
    intent_id: str
    invoice_id: str = Field(description="As recorded in paymail or Stripe's metadata; may not exist.")
    currency: str
    books: str
    books_amount: float | None = Field(description="Set if an amount differs; see also Stripe's.")
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
            books_amount=major_or_none(row.books_amount, row.currency),
            stripe=row.stripe,
            stripe_amount=major_or_none(row.stripe_amount, row.currency),
            found_at=row.found_at,
            seen_at=row.seen_at,
        )


class Reconciliation(BaseModel):
    """The last runs, and what differs at present."""

    runs: list[Run]
    drift: list[DriftRow] = Field(description="At most 500, newest first.")

    @classmethod
    def of(cls, runs: Iterable[ReconcilerTurn | None], drifts: Iterable[Drift]) -> "Reconciliation":
        """Return the runs of the jobs that have run, and what they found."""
        return cls(runs=[Run.of(row) for row in runs if row], drift=[DriftRow.of(row) for row in drifts])
