"""Starting the sink, and telling it how to fail while it runs."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import ROOT, free_port, wait_for_port
from tests.faults.modes import Mode, Quit


class Orders:
    """The orders of a running sink on `port`; each call replaces all earlier ones."""

    def __init__(self, file: Path, port: int) -> None:
        self._file, self.port, self._serial = file, port, 0

    def give(
        self,
        *script: Mode,
        weights: Mapping[Mode, float] | None = None,
        quit: Quit = Quit.BYE,
        slow: float = 0.5,
        silent: float = 3.0,
    ) -> None:
        """`script` for the next transactions, `weights` for those after; seconds of `slow` and `silent`."""
        self._serial += 1
        orders = {
            "serial": self._serial,
            "script": script,
            "weights": weights or {},
            "quit": quit,
            "slow": slow,
            "silent": silent,
        }
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(orders))
        draft.replace(self._file)


@contextmanager
def running_sink(folder: Path, *, log: Path, seed: int = 1) -> Iterator[Orders]:
    """Run a sink of its own process that writes to `log`."""
    port, file = free_port(), folder / "orders.json"
    command = [sys.executable, "-m", "tests.faults.sink", "--port", str(port), "--log", str(log)]
    with (folder / "sink.log").open("ab") as out:
        sink = subprocess.Popen(
            [*command, "--orders", str(file), "--seed", str(seed)], cwd=ROOT, stdout=out, stderr=out
        )
    try:
        wait_for_port(port)
        yield Orders(file, port)
    finally:
        sink.kill()
        sink.wait()
