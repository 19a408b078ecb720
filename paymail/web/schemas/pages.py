"""One page of a list, as the APIs answer it."""

from collections.abc import Callable
from typing import Generic, TypeVar

from pydantic import BaseModel, Field

from paymail.services.lists import cursor

T = TypeVar("T")
R = TypeVar("R")


class Page(BaseModel, Generic[T]):
    """Rows, newest first."""

    data: list[T]
    next: int | None = Field(description="Pass as `after` for the next page; null on the last page.")


def page(found: cursor.Slice[R], shown: Callable[[R], T]) -> dict[str, object]:
    """Return a slice as the fields of a `Page`."""
    return {"data": [shown(row) for row in found.rows], "next": found.next}
