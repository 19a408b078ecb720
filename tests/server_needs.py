"""Which tests need a server or a process of their own: decided by what they use, never by a list of tests.

A test and its fixtures are followed, function by function, through the code under tests/. Whatever reaches
one of SERVERS needs one; so does the PostgreSQL or Redis half of what is run on several databases or brokers.
"""

import functools
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

TESTS = str(Path(__file__).resolve().parent)
SERVERS = {
    "subprocess",
    "multiprocessing",
    "multiprocessing.context.ForkServerContext",
    "playwright.sync_api.sync_playwright",
    "uvicorn.server.Server",
    "tests.brokers.OwnRedis",
    "tests.contract.mail.sink.Sink",
    "tests.postgres.Cluster",
}
"""Modules, and classes and functions by their full names."""
KINDS = ("postgres", "redis", "smtp")
"""How parameters begin that stand for a server, as in `database_url[postgresql]`."""


def needs_server(item: pytest.Item) -> bool:
    """Whether the test, one of its fixtures, or what they call under tests/ starts a server or a process."""
    if not isinstance(item, pytest.Function):
        return False
    given = item.callspec.params.values() if hasattr(item, "callspec") else ()
    if any(isinstance(value, str) and value.startswith(KINDS) for value in given):
        return True
    fixtures = (found[-1].func for found in item._fixtureinfo.name2fixturedefs.values())
    return any(reaches_server(function) for function in (item.function, *fixtures))


@functools.cache
def reaches_server(start: FunctionType) -> bool:
    """Whether one of SERVERS is named by `start` or by anything under tests/ that it leads to."""
    pending: list[object] = [start]
    seen: set[int] = set()
    while pending:
        thing = pending.pop()
        if _name(thing) in SERVERS:
            return True
        if id(thing) not in seen:
            seen.add(id(thing))
            pending += _used(thing)
    return False


def _name(thing: object) -> str:
    if isinstance(thing, ModuleType):
        return thing.__name__
    named = thing if isinstance(thing, FunctionType | type) else type(thing)
    return f"{named.__module__}.{named.__qualname__}"


def _used(thing: object) -> Iterator[object]:
    """Yield what a function under tests/ names, its annotations too; of a class there, its methods."""
    yield from getattr(thing, "__annotations__", {}).values()
    if inspect.isclass(thing):
        yield from (
            getattr(found, "fget", getattr(found, "__func__", found)) for found in vars(thing).values()
        )
    function = inspect.unwrap(thing) if callable(thing) else thing
    if not isinstance(function, FunctionType) or not function.__code__.co_filename.startswith(TESTS):
        return
    names = set(_names(function.__code__))
    for name in names & function.__globals__.keys():
        found = function.__globals__[name]
        yield found
        if isinstance(found, ModuleType) and str(getattr(found, "__file__", "")).startswith(TESTS):
            yield from (vars(found)[inner] for inner in names & vars(found).keys())


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that a code object uses, with those of the functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
