"""Declared moves between statuses: what is not in a table does not happen."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from paymail.errors import Conflict

Status = TypeVar("Status", bound=StrEnum)
Moves = Mapping[Status, frozenset[Status]]


class IllegalMove(Conflict):
    """The status does not allow this step."""

    code = "illegal_move"


def check_move(moves: Moves[Status], current: Status, target: Status) -> None:
    """Raise IllegalMove unless `target` may follow `current`. Staying is not a move."""
    if target not in moves[current]:
        raise IllegalMove(f"{type(current).__name__} cannot change from {current} to {target}")
