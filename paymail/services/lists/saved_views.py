"""Filters of invoices that a person of the staff gave a name; nobody else sees them."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.models import SavedView

MOST = 20
LONGEST_NAME = 40


class BadViewName(InvalidInput):
    """A view needs a short name."""

    code = "bad_view_name"


class ViewNameTaken(Conflict):
    """The person has another view of this name, or has enough of them."""

    code = "view_name_taken"


class NoSuchView(NotFound):
    """The person has no view of this number."""

    code = "no_such_view"


def listed(session: Session, *, user_id: int) -> list[SavedView]:
    """Return a person's views, by name."""
    statement = select(SavedView).where(SavedView.user_id == user_id)
    return list(session.scalars(statement.order_by(func.lower(SavedView.name)).limit(MOST)))


def save(session: Session, *, user_id: int, name: str, query: str, now: datetime) -> None:
    """Keep a filter, as text, under a name. Raises BadViewName, ViewNameTaken."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadViewName(f"enter a name of at most {LONGEST_NAME} characters")
    if len(listed(session, user_id=user_id)) >= MOST:
        raise ViewNameTaken(f"you have {MOST} saved views; remove one first")
    values = {"user_id": user_id, "name": name, "query": query, "created_at": now}
    if not insert_once(session, SavedView, values):
        raise ViewNameTaken(f"you have a view {name!r} already; choose another name or remove it first")


def remove(session: Session, *, user_id: int, view_id: int) -> None:
    """Forget a view. Raises NoSuchView."""
    statement = delete(SavedView).where(SavedView.view_id == view_id, SavedView.user_id == user_id)
    if not session.scalar(statement.returning(SavedView.view_id)):
        raise NoSuchView(f"view {view_id} not found")
