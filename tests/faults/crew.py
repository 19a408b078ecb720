"""Worker and beat processes of a fault test, started by fork from a server that has imported everything.

Importing paymail costs more processor time than fifty deliveries; a suite that kills workers by the hundred
would mostly import. The server is the standard library's (`forkserver`) and ends with the test process.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults import naive, worker

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])

ROLES: Mapping[str, Callable[..., None]] = {
    "worker": worker.work,
    "beat": worker.beat,
    "naive": naive.work,
}


class Hand:
    """One process, and the ways of hurting it. It leads a session of its own, with all it starts."""

    def __init__(self, role: str, log: Path, environment: Mapping[str, str], **arguments: object) -> None:
        self.role, self.log = role, log
        given = (role, arguments, dict(environment), str(log))
        self._process = _CONTEXT.Process(target=_enter, args=given)
        self._process.start()
        self.pid: int = self._process.pid or 0

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def kill(self) -> None:
        """SIGKILL the process, not what it has started."""
        self._process.kill()
        self._process.join()

    def kill_child(self, pid: int) -> None:
        """SIGKILL a process that it has started, which its own supervisor should replace."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    @property
    def paused(self) -> bool:
        """Whether it is stopped (state T)."""
        with contextlib.suppress(OSError):
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        return False

    def children(self) -> list[int]:
        """Return the pids of what it has started (the pool of a prefork worker)."""
        with contextlib.suppress(OSError):
            found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
            return [int(pid) for pid in found.split()]
        return []

    @property
    def ended_with(self) -> int | None:
        """Its exit code, negative for a signal; None while it lives."""
        return self._process.exitcode

    def exit_code(self, seconds: float = 30) -> int:
        """Wait for its end; return how it ended."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            raise TimeoutError(f"{self.role} {self.pid} has not ended in {seconds} s; see {self.log}")
        return code

    def end(self) -> None:
        """End it and whatever it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.join()
        self._process.close()


class Crew:
    """All processes of one test; none outlives the `with` block."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self.hands: list[Hand] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hand in self.hands:
            hand.end()

    def hire(self, role: str, environment: Mapping[str, str] | None = None, **arguments: object) -> Hand:
        """Start a process with its output in a file of its own."""
        log = self._folder / f"{len(self.hands):03d}-{role}.log"
        hand = Hand(role, log, {**self._environment, **(environment or {})}, **arguments)
        self.hands.append(hand)
        return hand

    def at_work(self, role: str = "worker") -> list[Hand]:
        return [hand for hand in self.hands if hand.role == role and hand.alive]


def _enter(role: str, arguments: Mapping[str, object], environment: Mapping[str, str], log: str) -> None:
    """Become the process: own session, own output, own environment."""
    os.setsid()
    with open(log, "ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    for name in [name for name in os.environ if name.startswith(("PAYMAIL_", "FAULTS_"))]:
        del os.environ[name]
    os.environ.update(environment)
    sys.argv[:] = [role]
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    ROLES[role](**arguments)


def _end_with_parent(parent: int) -> None:
    # The fork server ends with the test process, also when that is killed.
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)
