"""Threads for work that strangers can ask for and that costs much, apart from those that serve all else."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import NoReturn, TypeVar

from paymail.errors import TooMany

T = TypeVar("T")


class Busy(TooMany):
    """More is asked for than can be done in a moment; try again in a few seconds."""

    code = "busy"


class BoundedThreads:
    """`at_once` pieces of work run, `waiting` more wait for at most `patience` seconds; no others."""

    def __init__(
        self, name: str, *, at_once: int, waiting: int, patience: float = 5.0, refusal: str = ""
    ) -> None:
        """`refusal` says to whom there is no place for why."""
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._places = BoundedSemaphore(at_once + waiting)
        self._patience = patience
        self._refusal = refusal or "too many requests are waiting"

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; the event loop goes on meanwhile. `work` sees the caller's context.

        Raises Busy, and what `work` raises.
        """
        if not self._places.acquire(blocking=False):
            self._refuse()
        future = self._threads.submit(contextvars.copy_context().run, work)
        future.add_done_callback(self._free)
        waiter = asyncio.wrap_future(future)
        await asyncio.wait([waiter], timeout=self._patience)
        if future.cancel():  # which only work that has not begun can be
            self._refuse()
        return await waiter

    def _free(self, _future: Future[T]) -> None:
        self._places.release()

    def _refuse(self) -> NoReturn:
        raise Busy(f"{self._refusal}; please try again in a few seconds", 5)
