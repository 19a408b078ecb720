"""What the sweep does beside sending: taking in bounces, following the relay's log, keeping retention."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from paymail import observability
from paymail.services import bounces
from paymail.services.bounces import relay_log_follower
from paymail.services.customers import retention
from paymail.services.imports.files import kept
from paymail.wiring import App

log = observability.logger(__name__)

RETENTION_EVERY = timedelta(hours=1)


def do(app: App) -> None:
    """Do what is due of each chore; one that fails is logged and tried again at the next sweep."""
    for chore in (take_in_bounces, follow_relay_log, keep_retention, forget_import_files):
        _safely(chore, app)


def _safely(chore: Callable[[App], None], app: App) -> None:
    try:
        chore(app)
    except Exception as error:
        # Without a traceback: its frames may hold a report or a line of the log.
        log.error(
            "maintenance job failed", chore=chore.__name__, reason=f"{type(error).__name__}: {error}"[:300]
        )


def take_in_bounces(app: App) -> None:
    """Receive the reports in the bounce folder, if there is one."""
    if not app.settings.bounce_dir:
        return
    found = bounces.collect(app.context(), Path(app.settings.bounce_dir))
    if found != bounces.Collected():
        log.info("bounce reports processed", done=found.done, unmatched=found.unmatched, failed=found.failed)


def follow_relay_log(app: App) -> None:
    """Read what the relay logged since the last time, if its log is readable here."""
    file = Path(app.settings.relay_log)
    if app.settings.relay_log and file.is_file():
        memory = app.settings.data_dir / "relay_log.json"
        if moved := relay_log_follower.follow(app.context(), file, memory):
            log.info("messages settled from the relay log", moved=moved)


def keep_retention(app: App) -> None:
    """Erase old contents, at most once an hour; a run that stopped half-way goes on where it was."""
    if not app.settings.retention_days:
        return
    memory = app.settings.data_dir / "retention.json"
    last, cursor = _last_run(memory)
    if last is not None and timedelta(0) <= app.now() - last < RETENTION_EVERY:
        return
    memory.write_text(json.dumps({"at": app.now().isoformat(), "cursor": cursor}))
    found = retention.run(app.context(), days=app.settings.retention_days, after=cursor)
    memory.write_text(json.dumps({"at": app.now().isoformat(), "cursor": found.cursor}))
    if found.erased:
        log.info("old emails erased", contents=found.erased)


def forget_import_files(app: App) -> None:
    """Erase the files that staff gave to import long ago."""
    # Read first: erasing takes the write lock of SQLite, which mail may be waiting for.
    with app.reading() as session:
        old = kept.any_old(session, now=app.now())
    if old and (count := kept.forget_old(app.context())):
        log.info("old import files erased", files=count)


def _last_run(memory: Path) -> tuple[datetime | None, str]:
    try:
        found = json.loads(memory.read_text())
        return datetime.fromisoformat(found["at"]), str(found["cursor"])
    except (OSError, ValueError, KeyError, TypeError):
        return None, ""
