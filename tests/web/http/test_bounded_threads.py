"""Costly work has few threads and few places to wait; who finds none is refused at once."""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Iterator

import pytest

from paymail.web.http.bounded_threads import BoundedThreads, Busy


@pytest.fixture
def go() -> Iterator[threading.Event]:
    """What the work of a test waits for; it is set at the end, whatever happens."""
    event = threading.Event()
    yield event
    event.set()


def held(go: threading.Event, begun: threading.Event | None = None) -> str:
    if begun:
        begun.set()
    assert go.wait(60)
    return "done"


async def started(threads: BoundedThreads, go: threading.Event) -> asyncio.Task[str]:
    """Start work; return when it has begun."""
    begun = threading.Event()
    task = asyncio.create_task(threads.run(lambda: held(go, begun)))
    while not begun.is_set():
        await asyncio.sleep(0.001)
    return task


async def sooner_or_later(threads: BoundedThreads) -> str:
    """Ask until there is a place: on a busy machine a thread may take longer than the patience."""
    while True:
        with contextlib.suppress(Busy):
            return await threads.run(lambda: "served")


def test_without_a_free_place_work_is_refused_and_never_done(go: threading.Event) -> None:
    async def crowd() -> None:
        threads = BoundedThreads("test", at_once=1, waiting=1, patience=60)
        first = await started(threads, go)
        second = asyncio.create_task(threads.run(lambda: held(go)))
        await asyncio.sleep(0)  # it takes its place
        with pytest.raises(Busy) as refused:
            await threads.run(lambda: pytest.fail("this was refused"))
        assert refused.value.retry_after >= 1
        go.set()
        assert [await first, await second] == ["done", "done"]

    asyncio.run(crowd())


def test_who_has_waited_too_long_is_refused_and_gives_the_place_back(go: threading.Event) -> None:
    async def crowd() -> None:
        threads = BoundedThreads("test", at_once=1, waiting=1, patience=0.01)
        first = await started(threads, go)
        for _ in range(3):
            with pytest.raises(Busy):
                await threads.run(lambda: pytest.fail("this was refused"))
        go.set()
        assert await first == "done"  # what has begun is waited for
        assert await sooner_or_later(threads) == "served"

    asyncio.run(crowd())


def test_what_work_raises_reaches_who_asked_and_gives_the_place_back() -> None:
    async def fails() -> None:
        threads = BoundedThreads("test", at_once=1, waiting=0, patience=60)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await threads.run(lambda: 1 // 0)

    asyncio.run(fails())


def test_work_sees_what_its_caller_works_for() -> None:
    asked_for = contextvars.ContextVar("asked_for", default="nobody")

    async def ask() -> list[str]:
        threads = BoundedThreads("test", at_once=1, waiting=1, patience=60)
        found = []
        for name in ("first", "second"):  # in one thread: nothing of the first is left
            asked_for.set(name)
            found.append(await threads.run(asked_for.get))
        return found

    assert asyncio.run(ask()) == ["first", "second"]
