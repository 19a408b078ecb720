"""Faults on demand: what goes wrong with the next requests."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass

from paymail.sandbox.errors import ApiError, Json

# A kind ending in _after does the work first. `timeout` answers nothing and hangs up at the end
# of its delay; `delay` is late but right.
KINDS = ("500", "429", "timeout", "delay", "500_after", "timeout_after", "disconnect_after")
_TIMEOUT_DEFAULT_S = 30.0


@dataclass
class Fault:
    """A rule for requests whose path contains `path`; `times` counts down."""

    kind: str
    path: str = ""
    method: str | None = None
    times: int = 1
    delay: float = 0.0


class Faults:
    """The rules that are still to be used up."""

    def __init__(self) -> None:
        """Start without faults."""
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, params: Json) -> Json:
        """Add the rule of a control request."""
        unknown = set(params) - {"kind", "path", "method", "times", "delay"}
        if unknown or str(params.get("kind")) not in KINDS:
            raise ApiError(f"A fault has kind ({', '.join(KINDS)}), path, method, times and delay.")
        method = params.get("method")
        fault = Fault(
            kind=str(params["kind"]),
            path=str(params.get("path", "")),
            method=str(method).upper() if method else None,
            times=int(params.get("times", 1)),
            delay=float(params.get("delay", 0.0)),
        )
        if fault.kind.startswith("timeout") and not fault.delay:
            fault.delay = _TIMEOUT_DEFAULT_S
        with self._lock:
            self._rules.append(fault)
        return asdict(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the first rule for this request, used once more."""
        with self._lock:
            for fault in self._rules:
                if fault.path in path and fault.method in (None, method):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._rules.remove(fault)
                    return fault
        return None

    def listed(self) -> list[Json]:
        """Return the rules that remain."""
        with self._lock:
            return [asdict(fault) for fault in self._rules]

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()
