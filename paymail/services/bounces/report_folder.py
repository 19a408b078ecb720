"""Reports from a folder: a Maildir, or plain files. Read, received, then moved away (ADR 0001)."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from paymail import observability
from paymail.services.bounces.effects import apply
from paymail.services.bounces.parser import LARGEST, parse
from paymail.services.bounces.report import Kind
from paymail.services.core.contexts import Context

log = observability.logger(__name__)

_SETTLE_SECONDS = 5
"""A plain file this young may still be written; a Maildir's files are whole when they appear."""


@dataclass(frozen=True, slots=True)
class Collected:
    """How many reports were matched, named nothing of ours, or could not be taken this time."""

    done: int = 0
    unmatched: int = 0
    failed: int = 0


def read_report(file: Path) -> bytes:
    """Return a report's bytes, one more than `LARGEST` at most. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


def collect(
    context: Context,
    folder: Path,
    *,
    limit: int = 200,
    read: Callable[[Path], bytes] = read_report,
) -> Collected:
    """Receive up to `limit` reports of a folder and move each to its `done` or `unmatched` folder.

    A crash between receiving and moving repeats a report, which changes nothing. A file that cannot be read
    is moved to `unreadable`, or passed over if that cannot be either: it must not use up the limit, or
    enough of them would block the folder for ever. A report that cannot be received (the database is away)
    is left for the next time and never stops the others.
    """
    counts = dict.fromkeys(("done", "unmatched", "failed"), 0)
    tried = 0
    for file in _files(folder, context.now()):
        if tried >= limit:
            break
        try:
            raw = read(file)
        except FileNotFoundError:
            continue  # another process was faster
        except OSError as error:
            _set_aside(file, folder, error)
            counts["failed"] += 1
            continue
        tried += 1
        counts[_take(context, file, folder, raw)] += 1
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


def _set_aside(file: Path, folder: Path, error: OSError) -> None:
    log.error("bounce report cannot be read; moved aside", file=file.name, reason=str(error))
    with suppress(OSError):
        _move(file, folder / "unreadable")


def _take(context: Context, file: Path, folder: Path, raw: bytes) -> str:
    """Receive one report and move its file; return the name of its count."""
    report = parse(raw)
    try:
        with context.transaction() as session:
            bounce = apply(session, report=report, source="mailbox", now=context.now())
            target = "unmatched" if bounce.kind == Kind.UNMATCHED else "done"
        with suppress(FileNotFoundError):  # another process was faster
            _move(file, folder / target)
    except Exception as error:
        # Without a traceback: its frames hold the report.
        log.error("bounce report not processed; left in place", file=file.name, reason=str(error))
        return "failed"
    return target


def _move(file: Path, target: Path) -> None:
    target.mkdir(exist_ok=True, mode=0o700)
    name, number = file.name, 1
    while (target / name).exists():
        name, number = f"{file.name}.{number}", number + 1
    file.rename(target / name)
