"""Kinds of input that several routes take."""

from typing import Annotated

from fastapi import Header, Path, Query
from pydantic import StringConstraints

LARGEST_ID = 2**63 - 1

RowId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
"""A row's number; what no database column can hold is refused before it gets there."""

OptionalRowId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
"""Which page of a list; databases refuse larger integers, with an error that is no visitor's business."""

# PostgreSQL stores no NUL, and nothing of ours has a use for the other control characters.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=500)]

Limit = Annotated[int, Query(ge=1, le=200, description="Maximum number of rows.")]
After = Annotated[
    int | None,
    Query(ge=1, le=LARGEST_ID, description="`next` from the previous response; empty for the first page."),
]

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=64,
        pattern="^[ -~]+$",
        description="A request repeated with the same key is carried out once; a different body is refused.",
    ),
]

Token = Annotated[str, Path(description="The 64 lower-case hex characters of the pay link.")]
