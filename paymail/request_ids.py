"""What is being worked for: an HTTP request, a command, or a turn of the workers.

Its id is in every log line and on the rows that it writes for others to work on. Whoever takes such a row up
works for the same id, so one `grep` finds the way of an email or of an event through all processes.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

LONGEST = 64
"""Characters: the columns that keep ids have no more."""
_NAME = "request_id"


def current() -> str:
    """Return the id of what is being worked for; empty when nobody said."""
    return str(structlog.contextvars.get_contextvars().get(_NAME, ""))


def begin(request_id: str) -> None:
    """Work for `request_id` from here on, to the end of this task or thread."""
    structlog.contextvars.bind_contextvars(**{_NAME: _fitting(request_id)})


@contextmanager
def bound(request_id: str) -> Iterator[None]:
    """Work for `request_id` in the block; for an empty one, which older rows have, as before it.

    What is raised takes the id along, into the traceback that somebody outside logs.
    """
    if not request_id:
        yield
        return
    with structlog.contextvars.bound_contextvars(**{_NAME: _fitting(request_id)}):
        try:
            yield
        except Exception as error:
            error.add_note(f"{_NAME}={request_id}")
            raise


def _fitting(request_id: str) -> str:
    if len(request_id) > LONGEST:
        raise ValueError(f"a request id has at most {LONGEST} characters")
    return request_id
