"""The ways in which the sink fails, and who chooses among them: a script, then a weighted seeded draw."""

import json
import random
import threading
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any


class Mode(StrEnum):
    """What happens to one mail transaction."""

    OK = "ok"
    RCPT_REJECT = "rcpt_reject"
    RCPT_DEFER = "rcpt_defer"
    RCPT_DROP = "rcpt_drop"
    DATA_REJECT = "data_reject"
    DATA_DEFER = "data_defer"
    DATA_DROP = "data_drop"
    BODY_DROP = "body_drop"
    """The connection is closed in the middle of the body."""
    DOT_DEFER = "dot_defer"
    DOT_REJECT = "dot_reject"
    DOT_421 = "dot_421"
    """421 and close: certainly not accepted (RFC 5321 §4.2.3)."""
    DOT_RESET = "dot_reset"
    """RST instead of a reply; whether the mail was accepted is a throw of the coin, here and below."""
    DOT_CLOSE = "dot_close"
    DOT_GARBAGE = "dot_garbage"
    DOT_SILENT = "dot_silent"
    """No reply until the client gives up."""
    DOT_SLOW = "dot_slow"
    """Accepted, but the 250 takes its time."""


class Quit(StrEnum):
    """What QUIT is answered with."""

    BYE = "bye"
    REFUSED = "421"
    HANG = "hang"


DOUBTFUL = (Mode.DOT_RESET, Mode.DOT_CLOSE, Mode.DOT_GARBAGE, Mode.DOT_SILENT)
FOUL: Mapping[Mode, float] = {mode: 1.0 for mode in Mode if mode is not Mode.OK} | {Mode.OK: 80.0}
"""About one transaction in six fails, each way as often as any other."""


class Chooser:
    """Reads its orders from a file, so that they can change while the sink runs.

    Orders are JSON: `serial` (counted up with each change), `script` (modes for the next transactions),
    `weights` (for the others), `quit`, and `slow` and `silent` in seconds.
    """

    def __init__(self, file: Path, seed: int) -> None:
        self._file = file
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._orders: dict[str, Any] = {"serial": -1}
        self._script: list[Mode] = []

    def mode(self) -> Mode:
        """Return the mode of the next transaction."""
        with self._lock:
            orders = self._read()
            if self._script:
                return self._script.pop(0)
            weights: dict[str, float] = orders.get("weights") or {Mode.OK: 1.0}
            return Mode(self._random.choices(list(weights), list(weights.values()))[0])

    def coin(self) -> bool:
        """Say whether a doubtful transaction was accepted."""
        with self._lock:
            return self._random.random() < 0.5

    def quit(self) -> Quit:
        with self._lock:
            return Quit(self._read().get("quit", Quit.BYE))

    def seconds(self, name: str) -> float:
        with self._lock:
            return float(self._read().get(name, 1.0))

    def _read(self) -> dict[str, Any]:
        if self._file.exists():
            orders: dict[str, Any] = json.loads(self._file.read_text())
            if orders["serial"] != self._orders["serial"]:
                self._orders = orders
                self._script = [Mode(name) for name in orders.get("script", [])]
        return self._orders
