"""A child's end when its parent ends, however the parent ends.

The parent holds the writing end of a pipe and never writes. When it dies, even by SIGKILL, the kernel
closes that end, the child reads end-of-file and leaves. It needs no polling, no pid and no privilege.
"""

import multiprocessing
import os
import threading

from paymail.environment import LIFELINE


def hold_on() -> None:
    """Leave the process when the pipe named by the environment closes, or the parent that forked it ends."""
    descriptor = os.environ.pop(LIFELINE, "")
    if descriptor:
        threading.Thread(target=_wait, args=(int(descriptor),), daemon=True).start()
    elif multiprocessing.parent_process() is not None:
        threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)
    # At once: every durable step is a transaction, and nobody is left to wait for a tidy end.
    os._exit(1)


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
