"""Reports from a folder: a Maildir, or plain files. Read, received, then moved away (ADR 0001)."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from paymail import observability
from paymail.services.bouncing.parsing import LARGEST, parse
from paymail.services.bouncing.receiving import apply
from paymail.services.bouncing.report import Kind

log = observability.logger(__name__)

_SETTLE_SECONDS = 5
"""A plain file this young may still be written; a Maildir's files are whole when they appear."""


@dataclass(frozen=True, slots=True)
class Collected:
    """How many reports were matched, named nothing of ours, or could not be taken this time."""

    done: int = 0
    unmatched: int = 0
    failed: int = 0


def collect(
    transaction: Callable[[], AbstractContextManager[Session]],
    folder: Path,
    now: datetime,
    *,
    limit: int = 200,
) -> Collected:
    """Receive up to `limit` reports of a folder and move each to its `done` or `unmatched` folder.

    A crash between receiving and moving repeats a report, which changes nothing. One that cannot be read
    or received is left for the next time and never stops the others.
    """
    counts = dict.fromkeys(("done", "unmatched", "failed"), 0)
    for number, file in enumerate(_files(folder, now)):
        if number >= limit:
            break
        try:
            target = _take(transaction, file, now)
            _move(file, folder / target)
        except FileNotFoundError:
            continue  # another process was faster
        except Exception as error:
            # Without a traceback: its frames hold the report.
            log.error("bounce report not taken; it stays", file=file.name, reason=str(error))
            target = "failed"
        counts[target] += 1
    return Collected(**counts)


def _files(folder: Path, now: datetime) -> Iterator[Path]:
    maildir = (folder / "new").is_dir()
    for place in (folder / "new", folder / "cur") if maildir else (folder,):
        with suppress(OSError):
            for name in sorted(os.listdir(place)):
                file = place / name
                if not name.startswith(".") and file.is_file() and not file.is_symlink():
                    with suppress(OSError):
                        age = now.timestamp() - file.stat().st_mtime
                        if maildir or not 0 <= age < _SETTLE_SECONDS:
                            yield file


def _take(transaction: Callable[[], AbstractContextManager[Session]], file: Path, now: datetime) -> str:
    with file.open("rb") as opened:
        report = parse(opened.read(LARGEST + 1))
    with transaction() as session:
        bounce = apply(session, report=report, source="mailbox", now=now)
        return "unmatched" if bounce.kind == Kind.UNMATCHED else "done"


def _move(file: Path, target: Path) -> None:
    target.mkdir(exist_ok=True, mode=0o700)
    name, number = file.name, 1
    while (target / name).exists():
        name, number = f"{file.name}.{number}", number + 1
    file.rename(target / name)
