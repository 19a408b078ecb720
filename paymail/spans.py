"""What takes how long, for OpenTelemetry: spans of each request, email written, delivery and call to Stripe.

A span says names and numbers only: no address, no path with its token, no text of an exception. Until
`open_with` is called no exporter is imported and a span is nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from paymail import request_ids

Attributes = Mapping[str, str | int]


class Span(Protocol):
    """A span that is going on."""

    def rename(self, name: str) -> None:
        """Give it a name that was not known at its begin."""

    def say(self, attributes: Attributes) -> None:
        """Add attributes."""

    def fail(self, kind: str) -> None:
        """Mark it as failed, by the class of the exception."""


class _NoSpan:
    def rename(self, name: str) -> None:
        pass

    def say(self, attributes: Attributes) -> None:
        pass

    def fail(self, kind: str) -> None:
        pass


Opener = Callable[[str], AbstractContextManager[Span]]
_NOTHING = _NoSpan()
_opener: Opener | None = None


def open_with(opener: Opener | None) -> None:
    """Open spans with `opener` from here on, in this process; None: no more."""
    global _opener  # noqa: PLW0603 - one for the process, like its logs
    _opener = opener


@contextmanager
def span(name: str, attributes: Attributes | None = None) -> Iterator[Span]:
    """Measure the block. Of what it raises the span has the class only: its text may hold anything."""
    if _opener is None:
        yield _NOTHING
        return
    with _opener(name) as found:
        found.say({"paymail.request_id": request_ids.current(), **(attributes or {})})
        try:
            yield found
        except BaseException as error:
            found.fail(type(error).__name__)
            raise
