"""Bank details that somebody asked for, and that customers do not see yet."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, status_type
from paymail.models.moves import Moves


class BankChangeState(StrEnum):
    """Where a change of an issuer's bank details stands."""

    WAITING = "waiting"
    """Staff were told; customers see the details of before. The sweep moves it on when it is due; a crash
    changes nothing."""
    APPLIED = "applied"
    """Customers see it: its time came, or somebody with access to the server confirmed it."""
    CANCELLED = "cancelled"
    """Customers never saw it: somebody cancelled it, or another change took its place."""


_S = BankChangeState
BANK_CHANGE_MOVES: Moves[BankChangeState] = {
    _S.WAITING: frozenset({_S.APPLIED, _S.CANCELLED}),
    _S.APPLIED: frozenset(),
    _S.CANCELLED: frozenset(),
}
_WAITING = text("state = 'waiting'")


class BankChange(Base):
    """One change of an issuer's bank details; an issuer has at most one that waits."""

    __tablename__ = "bank_changes"
    __table_args__ = (
        Index(
            "uq_bank_changes_waiting",
            "issuer_id",
            unique=True,
            postgresql_where=_WAITING,
            sqlite_where=_WAITING,
        ),
    )

    change_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    details: Mapped[str] = mapped_column(Text)
    """All seven fields as they are to be, a JSON object by our columns."""
    state: Mapped[BankChangeState] = mapped_column(status_type(BankChangeState))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_by: Mapped[str] = mapped_column(String(120))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str] = mapped_column(String(120), default="")
