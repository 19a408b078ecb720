"""Where a worker dies or stands still: named points of `services.delivery`, counted per process."""

import os
import re
import signal
import threading

POINTS = ("claimed", "prepared", "written", "handover", "answered")
"""In the order in which one delivery passes them."""
VARIABLE = "FAULTS_FAILPOINT"
KILLED = 137
"""Exit code of a process that died at its point; what a shell shows for SIGKILL."""


class Failpoint:
    """`die@handover#3` leaves the process at the third visit of `handover`; `stop@…` freezes it there."""

    def __init__(self, order: str) -> None:
        found = re.fullmatch(r"(die|stop)@(\w+)#(\d+)", order)
        if order and (found is None or found[2] not in POINTS):
            raise ValueError(f"no failpoint: {order!r}")
        self._action, self._point, self._left = (found[1], found[2], int(found[3])) if found else ("", "", 0)
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        """Do what was ordered, if this is the point and the visit."""
        if name != self._point:
            return
        with self._lock:
            self._left -= 1
            reached = self._left == 0
        if reached and self._action == "die":
            os._exit(KILLED)
        if reached:
            # To this thread: of a signal to the process this one may learn late, inside a transaction.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)
