"""Checking and importing a file in a thread of its own: a page answers before a person gives up on it."""

import contextvars
from collections.abc import Callable
from datetime import datetime
from threading import BoundedSemaphore, Thread

from fastapi import Request
from sqlalchemy.orm import Session

from paymail import observability
from paymail.services.core.contexts import Context
from paymail.services.imports.files import work
from paymail.services.imports.files.kept import NoSuchFile
from paymail.services.imports.files.work import Superseded, Work
from paymail.web.http.bounded_threads import Busy
from paymail.web.http.rate_limits import rate_limits
from paymail.wiring import App

log = observability.logger(__name__)

PATIENCE = 3.0
"""Seconds: what is done by then is shown at once, all else shows how far it is."""
Begun = tuple[int, str] | None
"""A file and the run that begins; None where there is nothing to do."""


def refuse_busy(request: Request) -> None:
    """Raise Busy when as many imports run as may at once: before a file is read that cannot be checked."""
    places = rate_limits(request).importing
    if not places.acquire(blocking=False):
        raise _busy()
    places.release()


def _busy() -> Busy:
    return Busy("other imports are running; please try again in a minute", 60)


def start(
    app: App, request: Request, begin: Callable[[Session, datetime], Begun], do: Callable[[Work], None]
) -> None:
    """Begin in one transaction, and `do` the rest beside the request.

    Raises Busy, when as many imports run as may at once; and what `begin` raises, and then nothing was done.
    """
    places = rate_limits(request).importing
    if not places.acquire(blocking=False):
        raise _busy()
    try:
        with app.transaction() as session:
            begun = begin(session, app.now())
    except BaseException:
        places.release()
        raise
    if begun is None:
        places.release()
        return
    run = Work(app.context(), Context(app.reading, app.now), *begun)
    inside = contextvars.copy_context()
    thread = Thread(target=inside.run, args=(_do, do, run, places), name="paymail-import", daemon=True)
    try:
        thread.start()
    except Exception as error:  # the system gives no more threads
        _stopped(run, error)
        places.release()
        return
    thread.join(PATIENCE)


def _do(do: Callable[[Work], None], run: Work, places: BoundedSemaphore) -> None:
    try:
        do(run)
    except (Superseded, NoSuchFile):
        log.info("import file superseded", file_id=run.file_id)
    except Exception as error:
        _stopped(run, error)
    finally:
        places.release()


def _stopped(run: Work, error: Exception) -> None:
    # Without its words and its traceback: both may quote the file.
    log.error("import file stopped", file_id=run.file_id, error=type(error).__name__)
    try:
        work.fail(run)
    except Exception as failure:
        # It shows as stopped by itself when nobody has heard of it for some minutes.
        log.error(
            "import file could not be marked as stopped", file_id=run.file_id, error=type(failure).__name__
        )
