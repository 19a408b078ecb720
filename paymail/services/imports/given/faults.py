"""Why what was given is not taken over: every fault, with its JSON pointer instead of a column."""

from collections.abc import Sequence

from paymail.errors import Conflict, InvalidInput
from paymail.services.imports.faults import Fault


def _counted(faults: Sequence[Fault]) -> str:
    return f"{len(faults)} faults" if len(faults) != 1 else "1 fault"


class GivenRefused(InvalidInput):
    """What was given cannot be, whatever is here already. Nothing was written."""

    code = "refused"

    def __init__(self, faults: Sequence[Fault], what: str = "the invoice") -> None:
        super().__init__(f"{what} has {_counted(faults)}; nothing was changed")
        self.faults = tuple(faults)


class GivenConflict(Conflict):
    """What was given may be right, but not beside what is here already."""

    code = "not_taken_over"

    def __init__(
        self, faults: Sequence[Fault], kept: Sequence[Fault] = (), what: str = "the invoice"
    ) -> None:
        super().__init__(f"{what} cannot be taken over as it is")
        self.faults = (*faults, *kept)
