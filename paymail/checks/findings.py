"""What a check is, what it is given, and what it finds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from dns.resolver import Resolver

from paymail.wiring import App


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """It works, but something will bite, or somebody has to decide something."""
    FAILED = "failed"
    """paymail cannot do its job like this."""
    NOT_ASKED = "skipped"
    """It could not be found out, or does not matter here; nothing is said about it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, the verdict, what was found, and what to do about it."""

    check: str
    verdict: Verdict
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined. Without a `resolver` the system's DNS is asked."""

    app: App
    resolver: Resolver | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. It is not asked when a check that it `needs` failed; `seconds` is its time."""

    name: str
    ask: Callable[[Subject], Iterable[Finding]]
    needs: tuple[str, ...] = ()
    seconds: float = 10.0


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, Verdict.OK, found)


def warning(check: str, found: str, remedy: str) -> Finding:
    """It works, with a but."""
    return Finding(check, Verdict.WARNING, found, remedy)


def failed(check: str, found: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check, Verdict.FAILED, found, remedy)


def not_asked(check: str, reason: str) -> Finding:
    """It was not found out."""
    return Finding(check, Verdict.NOT_ASKED, reason)
