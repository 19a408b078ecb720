"""Adding columns in a migration that may be stopped and run again."""

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from alembic import op


def add_missing(columns: Iterable[tuple[str, Callable[[], sa.Column[Any]]]]) -> None:
    """Add those columns, by table, that are not there yet. Each is built anew: a Column has one table."""
    for table, build in columns:
        column = build()
        present = {found["name"] for found in sa.inspect(op.get_bind()).get_columns(table)}
        if column.name not in present:
            op.add_column(table, column)
