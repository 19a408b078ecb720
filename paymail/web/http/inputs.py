"""Kinds of input that several routes take."""

from typing import Annotated

from fastapi import Form, Header, Path, Query
from pydantic import AfterValidator, StringConstraints

LARGEST_ID = 9_200_000_000_000_000_000
"""Below what databases hold, and round: the API's description writes limits as rounded floats."""

RowId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
"""A row's number; what no database column can hold is refused before it gets there."""

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
"""The number of a receipt, which is counted in a column of 32 bits; or a position in a list."""

OptionalRowId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
"""Which page of a list; databases refuse larger integers, with an error that is no visitor's business."""

# PostgreSQL stores no NUL, and nothing of ours has a use for the other control characters.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=500)]


FilterText = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]*$", max_length=12_000)]
"""A filter of invoices as text: some hundred ids, percent-encoded, fit."""


def plain(text: str) -> str:
    """Return `text` without what no person types and no database stores: NUL, lone surrogates, controls."""
    return "".join(c for c in text if c.isprintable() or c == "\n").strip()


def encodable(text: str) -> str:
    """Return `text`. Raises ValueError for lone surrogates, which the charset of a form can make."""
    text.encode()
    return text


FormText = Annotated[str, Form(max_length=1000), AfterValidator(plain)]
"""A field of a form."""
Password = Annotated[str, Form(max_length=1000), AfterValidator(encodable)]
"""A field of which not even a blank may be taken away."""

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
