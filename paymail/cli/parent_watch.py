"""A child's end when its parent ends, however the parent ends.

The parent holds the writing end of a pipe and never writes. When it dies, even by SIGKILL, the kernel
closes that end, the child reads end-of-file and leaves. It needs no polling, no pid and no privilege.
"""

import os
import threading

from paymail.environment import LIFELINE


def hold_on() -> None:
    """Leave the process when the pipe named by the environment closes; nothing without one."""
    descriptor = os.environ.pop(LIFELINE, "")
    if descriptor:
        threading.Thread(target=_wait, args=(int(descriptor),), daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)
    # At once: every durable step is a transaction, and nobody is left to wait for a tidy end.
    os._exit(1)
