"""What a look at a part of the installation found: the verdict, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


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
