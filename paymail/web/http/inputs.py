"""Kinds of input that several routes take."""

from typing import Annotated

from fastapi import Path

RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""A row's number; what no database column can hold is refused before it gets there."""
