"""Reading the relay's log as it grows, across rotation, truncation and crashes (ADR 0001)."""

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from paymail.services.bounces.relay_log import act, facts
from paymail.services.core.contexts import Context

_CHUNK = 1024 * 1024
"""Bytes between two notes of the place."""
_MOST_CHUNKS = 16
_HEAD = 256


@dataclass
class Place:
    """How far a log was read: which file (inode and its first bytes), how many bytes, and open queue ids."""

    inode: int = 0
    offset: int = 0
    head: str = ""
    head_size: int = 0
    queues: dict[str, str] = field(default_factory=dict)


def prove(context: Context, file: Path) -> int:
    """Read a whole log, and return how many messages it moved. Raises OSError."""
    place, moved = Place(), 0
    with file.open("rb") as opened:
        while lines := _lines(opened, place, whole=True):
            moved += act(context, found=facts(lines, place.queues))
    return moved


def follow(context: Context, log: Path, memory: Path) -> int:
    """Read what was added to a log since the last time; return how many messages it moved.

    `memory` is a small file that holds the place. It is written after the commit, so a crash reads lines
    twice, which changes nothing. Of several processes one reads at a time. Raises OSError.
    """
    with _alone(memory) as mine:
        if not mine:
            return 0
        place, moved = _remembered(memory), 0
        for file in _files(log, place):
            with contextlib.suppress(FileNotFoundError), file.open("rb") as opened:
                _settle(opened, place)
                for _ in range(_MOST_CHUNKS):
                    if not (lines := _lines(opened, place)):
                        break
                    moved += act(context, found=facts(lines, place.queues))
                    _remember(memory, place)
        return moved


def _files(log: Path, place: Place) -> Iterator[Path]:
    """Yield the file that was read before, if it was rotated away, then the log itself."""
    with contextlib.suppress(FileNotFoundError):
        if place.inode and log.stat().st_ino != place.inode:
            for sibling in sorted(log.parent.glob(f"{log.name}*")):
                if sibling.stat().st_ino == place.inode and sibling.suffix != ".gz":
                    yield sibling
    yield log


def _settle(opened: BinaryIO, place: Place) -> None:
    """Go to the remembered place; to the beginning of a file that is another one or was truncated."""
    status = os.fstat(opened.fileno())
    same = status.st_ino == place.inode and status.st_size >= place.offset
    if not same or _head(opened, place.head_size) != place.head:
        place.inode, place.offset, place.head, place.head_size = status.st_ino, 0, "", 0


def _head(opened: BinaryIO, size: int) -> str:
    opened.seek(0)
    return hashlib.sha256(opened.read(size)).hexdigest() if size else ""


def _lines(opened: BinaryIO, place: Place, *, whole: bool = False) -> list[str]:
    """Return the next whole lines and move the place behind them; with `whole` an unfinished last one too."""
    opened.seek(place.offset)
    data = opened.read(_CHUNK)
    end = data.rfind(b"\n") + 1
    if (whole or len(data) == _CHUNK) and not end:
        end = len(data)  # a line without an end must not hold up the rest
    place.offset += end
    if place.head_size < _HEAD:
        place.head_size = min(place.offset, _HEAD)
        place.head = _head(opened, place.head_size)
    return data[:end].decode("utf-8", "replace").splitlines()


@contextlib.contextmanager
def _alone(memory: Path) -> Iterator[bool]:
    with memory.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _remembered(memory: Path) -> Place:
    try:
        return Place(**json.loads(memory.read_text()))
    except (OSError, ValueError, TypeError):
        return Place()


def _remember(memory: Path, place: Place) -> None:
    draft = memory.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(place)))
    draft.replace(memory)
