"""What several routes of the API take and give."""

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

from fastapi import Header, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from paymail.services.lists import cursor
from paymail.web.http.openapi import problems

T = TypeVar("T")
R = TypeVar("R")

PROBLEMS = problems(401, 403, 404, 409, 422, 429)
LIST_PROBLEMS = problems(401, 403, 422, 429)
LARGEST_ID = 2**63 - 1

# PostgreSQL stores no NUL, and nothing of ours has a use for the other control characters.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=500)]
Limit = Annotated[int, Query(ge=1, le=200, description="Most rows of this answer.")]
After = Annotated[
    int | None, Query(ge=1, le=LARGEST_ID, description="`next` of the answer before; empty begins.")
]


IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=64,
        pattern="^[ -~]+$",
        description="With the same key the same request is done once; with another body it is refused.",
    ),
]


class Asked(BaseModel):
    """A body. An unknown field is refused: a misspelt one must not be taken for its default."""

    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[T]):
    """Rows, newest first."""

    data: list[T]
    next: int | None = Field(description="Give it as `after` for the rows that follow; null: there are none.")


def page(found: cursor.Slice[R], shown: Callable[[R], T]) -> dict[str, object]:
    """Return a slice as the fields of a `Page`."""
    return {"data": [shown(row) for row in found.rows], "next": found.next}
