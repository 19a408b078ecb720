"""What was changed of an issuer, by whom."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Issuer, IssuerChange


def record(
    session: Session, issuer: Issuer, name: str, values: tuple[str, str], actor: str, now: datetime
) -> None:
    """Keep that a setting was changed, from the first of `values` to the second."""
    old, new = values
    session.add(IssuerChange(issuer_id=issuer.issuer_id, at=now, actor=actor, setting=name, old=old, new=new))


def changes_of(
    session: Session, *, issuer_id: int, limit: int = 100, before: int | None = None
) -> list[IssuerChange]:
    """Return what was changed of an issuer, newest first; `before` a change, if it is given."""
    statement = select(IssuerChange).where(IssuerChange.issuer_id == issuer_id)
    if before is not None:
        statement = statement.where(IssuerChange.change_id < before)
    return list(session.scalars(statement.order_by(IssuerChange.change_id.desc()).limit(limit)))
