"""One page of a keyset list, read forwards or, towards the page before, backwards."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, SQLColumnExpression
from sqlalchemy.orm import Session


def rows_of(
    session: Session,
    statement: Select[Any],
    *,
    columns: Sequence[SQLColumnExpression[Any]],
    down: bool,
    size: int,
    anchored: bool,
    back: bool,
) -> tuple[list[Any], bool, bool]:
    """Return at most `size` rows in the list's order, and whether there are newer and older ones.

    `columns` order it, the last being unique; `down` is how the statement reads. `anchored` says that it
    goes on from a row, `back` that it goes towards the page before. One statement.
    """
    ordered = statement.order_by(*(one.desc() if down else one.asc() for one in columns))
    found: list[Any] = list(session.scalars(ordered.limit(size + 1)))
    more, rows = len(found) > size, found[:size]
    if back:
        rows.reverse()
        return rows, more, True
    return rows, anchored, more
