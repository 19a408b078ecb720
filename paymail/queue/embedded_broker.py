"""The embedded broker: kombu's filesystem transport, with each change of a file made whole or not at all.

kombu opens a file and then writes it, and a reader may move it away in between: the worker then dies of an
empty message (seen about once in five minutes with a beat of 2 s). Here a message is written aside and
renamed into the queue, taken out of it by a rename, and dropped when it cannot be read: it is only a hint.
"""

import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.transport.virtual import BrokerState

URL = "paymail-files://localhost"
LISTEN = 0.2
"""Seconds that a worker listens at a time."""


class Channel(filesystem.Channel):
    """A channel whose readers never see half a file."""

    def _put(self, queue: str, payload: object, **_options: Any) -> None:  # type: ignore[override]
        name = f"{time.time_ns():020d}_{uuid.uuid4()}.{queue}.msg"
        _write_whole(Path(self.data_folder_out) / name, json.dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for file in sorted(Path(self.data_folder_in).glob(f"*.{queue}.msg")):
            taken = file.with_suffix(".taken")
            try:
                file.rename(taken)  # of several readers one succeeds
                text = taken.read_text()
                taken.unlink()
                return json.loads(text)
            except (OSError, ValueError):
                continue
        raise Empty

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        with self._binding():
            bound = [tuple(entry) for entry in self.get_table(exchange)]
            entry = (routing_key or "", pattern or "", queue or "")
            if entry not in bound:
                _write_whole(self._exchange_file(exchange), json.dumps([entry, *bound]))

    @contextmanager
    def _binding(self) -> Iterator[None]:
        # Two processes that start together must not undo each other's binding.
        with (Path(self.control_folder) / "bindings.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """What `paymail-files://` stands for."""

    Channel = Channel
    # Shared by all connections of a process, as kombu's own is.
    global_state = BrokerState()

    def drain_events(self, connection: Any, timeout: float | None = None) -> Any:  # type: ignore[override]
        """Wait for a message, but not for long: a worker that is told to stop hears it only in between."""
        longest = LISTEN if timeout is None else min(timeout, LISTEN)
        return super().drain_events(connection, timeout=longest)


def _write_whole(file: Path, text: str) -> None:
    aside = file.with_name(f"{file.name}.{uuid.uuid4()}.aside")
    try:
        aside.write_text(text)
        os.replace(aside, file)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise


TRANSPORT_ALIASES["paymail-files"] = f"{__name__}:Transport"
