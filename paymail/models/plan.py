"""Payment plans: an invoice's balance in instalments, each with a due date of its own."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, status_type
from paymail.models.moves import Moves


class PlanState(StrEnum):
    """Where a plan stands. One that is fully paid stays active: it is simply covered."""

    ACTIVE = "active"
    ENDED = "ended"
    """Staff ended it, or another took its place."""


PLAN_MOVES: Moves[PlanState] = {
    PlanState.ACTIVE: frozenset({PlanState.ENDED}),
    PlanState.ENDED: frozenset(),
}
_ACTIVE = text("state = 'active'")


class PaymentPlan(Base):
    """How an invoice is paid in parts. At most one is active per invoice."""

    __tablename__ = "payment_plans"
    __table_args__ = (
        Index(
            "uq_payment_plans_active",
            "invoice_id",
            unique=True,
            postgresql_where=_ACTIVE,
            sqlite_where=_ACTIVE,
        ),
    )

    plan_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.invoice_id"), index=True)
    state: Mapped[PlanState] = mapped_column(status_type(PlanState), default=PlanState.ACTIVE)
    actor: Mapped[str] = mapped_column(String(120))
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it ended."""
    ended_by: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    instalments: Mapped[list["Instalment"]] = relationship(
        lazy="raise_on_sql", order_by="Instalment.position"
    )


class Instalment(Base):
    """One part of a plan; `amount` in minor units, `due_date` on the issuer's calendar.

    What of it is paid is not stored: it follows from the invoice's balance (`services/plans/coverage.py`).
    """

    __tablename__ = "instalments"
    __table_args__ = (UniqueConstraint("plan_id", "position", name="uq_instalments_position"),)

    instalment_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("payment_plans.plan_id"))
    position: Mapped[int]
    due_date: Mapped[date]
    amount: Mapped[int] = mapped_column(BigInteger)
