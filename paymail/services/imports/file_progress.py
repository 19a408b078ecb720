"""What a file has said so far, chunk by chunk: the same is not reported twice, nor taken from two places."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class FileProgress:
    """What the invoices of the file before this one have brought."""

    said: set[tuple[int, str]] = field(default_factory=set)
    """The changes of customers: id and column."""
    met: dict[int, int] = field(default_factory=dict)
    """The invoices here that they were, by id, with their lines."""

    def copy(self) -> "FileProgress":
        """Return one to go on with, so that a chunk can be tried again from this one."""
        return FileProgress(set(self.said), dict(self.met))
