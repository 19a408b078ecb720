"""The time between asking for the hand-over and the dot has a bound.

A process that is frozen in between (SIGSTOP, a suspended machine, a host that swaps) wakes up with a
permission from another time: its lease has run out, others have called the message unknown, or the invoice
was paid. Before the dot nothing is accepted, so letting go is safe.
"""

from collections.abc import Callable

from paymail.ports.mail import Outcome, Verdict

LONGEST = 5.0
"""Seconds. The hand-over is one short transaction of milliseconds, a little more when it waits for a lock. No
lease is shorter (setting `lease_seconds`), and the hand-over begins one, so the dot is sent within it."""

Monotonic = Callable[[], float]
"""Seconds that go on while the process is stopped, such as `time.monotonic`."""


def stood_still(seconds: float) -> Outcome | None:
    """Return the deferral if the dot comes too late, `seconds` after the hand-over was asked for."""
    if seconds <= LONGEST:
        return None
    return Outcome(Verdict.DEFERRED, detail="the process stalled during the handover", phase="handover")
