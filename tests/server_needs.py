"""Which tests need a server or a process of their own: decided by what they use, never by a list of tests.

A test and its fixtures are followed, function by function, through the code under tests/. Whatever reaches
one of SERVERS needs one; so does the PostgreSQL or Redis half of what is run on several databases or brokers.
"""

import functools
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

Followed = FunctionType | type
TESTS = str(Path(__file__).resolve().parent)
SERVERS = {
    "subprocess",
    "multiprocessing",
    "aiosmtpd.controller.Controller",
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
def reaches_server(start: Followed) -> bool:
    """Whether one of SERVERS is named by `start` or by anything under tests/ that it leads to."""
    pending, seen = [start], {start}
    while pending:
        starts_one, leads_to = _look_into(pending.pop())
        if starts_one:
            return True
        pending += leads_to - seen
        seen |= leads_to
    return False


@functools.cache
def _look_into(thing: Followed) -> tuple[bool, frozenset[Followed]]:
    """Return whether a server is named there, and what under tests/ is."""
    named = list(_named(thing))
    followed = (found for one in named if (found := _followed(one)) is not None)
    return any(_full_name(one) in SERVERS for one in [thing, *named]), frozenset(followed)


def _full_name(thing: object) -> str:
    if isinstance(thing, ModuleType):
        return thing.__name__
    named = thing if isinstance(thing, FunctionType | type) else type(thing)
    return f"{named.__module__}.{named.__qualname__}"


def _followed(thing: object) -> Followed | None:
    """Return the function or class under tests/ that this is, if it is one."""
    inner = inspect.unwrap(thing) if callable(thing) else thing
    if isinstance(inner, FunctionType):
        return inner if inner.__code__.co_filename.startswith(TESTS) else None
    if not isinstance(inner, type):
        return None
    home = str(getattr(sys.modules.get(inner.__module__), "__file__", ""))
    return inner if home.startswith(TESTS) else None


def _named(thing: Followed) -> Iterator[object]:
    """Yield what a function uses by name, its annotations too; of a class, its members."""
    yield from getattr(thing, "__annotations__", {}).values()
    if isinstance(thing, type):
        yield from (
            getattr(found, "fget", getattr(found, "__func__", found)) for found in vars(thing).values()
        )
        return
    names = set(_names(thing.__code__))
    for name in names & thing.__globals__.keys():
        found = thing.__globals__[name]
        yield found
        if isinstance(found, ModuleType):
            yield from (vars(found)[inner] for inner in names & vars(found).keys())


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that a code object uses, with those of the functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
