"""Files that staff gave to import, kept while they look at what would change."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from paymail.db import UtcDateTime
from paymail.models.base import Base, BigId, status_type
from paymail.models.moves import Moves


class ImportFileState(StrEnum):
    """Where a file that staff gave to import stands."""

    CHECKING = "checking"
    """It is being compared with what is here. After a crash `worked_at` grows old: staff check it again."""
    CHECKED = "checked"
    """Staff can see what would change, and confirm it."""
    UNREADABLE = "unreadable"
    """It cannot be read as it is; `findings` say why. Staff say how it is to be read, or give another."""
    IMPORTING = "importing"
    """Staff confirmed; it is compared once more, and written. After a crash `worked_at` grows old: what was
    written stays, and staff check the file again for the rest."""
    IMPORTED = "imported"
    """All of it is written; its content is erased."""
    STOPPED = "stopped"
    """It stopped part-way, by a fault of ours or because its import was taken back meanwhile."""


_S = ImportFileState
IMPORT_FILE_MOVES: Moves[ImportFileState] = {
    _S.CHECKING: frozenset({_S.CHECKING, _S.CHECKED, _S.UNREADABLE, _S.STOPPED}),
    _S.CHECKED: frozenset({_S.CHECKING, _S.IMPORTING}),
    _S.UNREADABLE: frozenset({_S.CHECKING}),
    _S.IMPORTING: frozenset({_S.CHECKING, _S.CHECKED, _S.UNREADABLE, _S.IMPORTED, _S.STOPPED}),
    _S.IMPORTED: frozenset(),
    _S.STOPPED: frozenset({_S.CHECKING}),
}


class ImportFile(Base):
    """A file that staff gave, how it is read, and what its check found."""

    __tablename__ = "import_files"

    file_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    issuer_id: Mapped[int] = mapped_column(ForeignKey("issuers.issuer_id"))
    name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    """Of its content: what is imported is what was checked."""
    actor: Mapped[str] = mapped_column(String(120))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[ImportFileState] = mapped_column(status_type(ImportFileState))
    reading: Mapped[str] = mapped_column(Text, default="{}")
    """JSON: what staff said of how it is written; all else is found out."""
    corrections: Mapped[str] = mapped_column(Text, default="", server_default="")
    """JSON: the cells that staff corrected, by whom, with what stood there. Emptied with the content."""
    job: Mapped[str] = mapped_column(String(36), default="")
    """Who works on it now; whoever finds another here stops."""
    worked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When whoever works on it was last heard of."""
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    """Invoices; 0 while they are still counted."""
    findings: Mapped[str] = mapped_column(Text, default="")
    """JSON: what the check found, or why the file cannot be read. Emptied with the content."""
    digest: Mapped[str] = mapped_column(String(64), default="")
    """Of all that would change: staff confirm this and nothing else."""
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.import_id"))
    """The import that it became; None also where there was nothing to write."""


class ImportFilePart(Base):
    """A piece of a file's content."""

    __tablename__ = "import_file_parts"

    file_id: Mapped[int] = mapped_column(ForeignKey("import_files.file_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)
