"""The declarative base and the column shapes that every table shares."""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Enum, Index, Integer, MetaData, String, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from paymail import request_ids

# SQLite only counts up a column declared exactly INTEGER PRIMARY KEY.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Base of all tables; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class CausedByRequest:
    """A row that somebody else will work on, for the request that caused it."""

    request_id: Mapped[str] = mapped_column(
        String(request_ids.LONGEST), default=request_ids.current, server_default=""
    )
    """Of the request, command or turn that wrote the row; empty for rows of before. For logs only."""


class OpenEnum(TypeDecorator[Any]):
    """A text column with the values of an enum, which may grow: what a newer release wrote is given as text.

    So its rows can be listed by this one; whoever decides by the value must expect one that is not a member.
    """

    impl = String(24)
    cache_ok = True

    def __init__(self, kinds: type[StrEnum]) -> None:
        super().__init__()
        self.kinds = kinds

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Store the value."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Give back the member, or the text where there is none."""
        return self.kinds(value) if value in set(self.kinds) else value


def index_where_given(name: str, column: str) -> Index:
    """Return an index of the rows whose `column` is not empty."""
    given = text(f"{column} IS NOT NULL")
    return Index(name, column, postgresql_where=given, sqlite_where=given)


def status_type(statuses: type[StrEnum]) -> Enum:
    """Return a text column type that holds the values (not the names) of `statuses`."""
    return Enum(
        statuses,
        native_enum=False,
        create_constraint=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )
