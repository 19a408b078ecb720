"""What a check is, and what it is given; what it finds is `ports/findings.py`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dns.resolver import Resolver

from paymail.ports.findings import Finding, Verdict, failed, not_asked, ok, warning
from paymail.wiring import App

__all__ = ["Check", "Finding", "Subject", "Verdict", "failed", "not_asked", "ok", "warning"]


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
