"""The file mailbox: each message is one `.eml` file holding exactly the bytes that SMTP would carry."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from time import monotonic

from paymail.mail.handover_bound import Monotonic, stood_still
from paymail.ports.mail import Envelope, Handover, Outcome, Scope, Verdict


class MailboxMailer:
    """Implements `ports.Mailer`. The rename into place is the final dot: atomic, and after the handover."""

    def __init__(self, folder: Path, now: Callable[[], datetime], monotonic: Monotonic = monotonic) -> None:
        self._folder = folder
        self._now = now
        self._monotonic = monotonic

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        """Write and sync a hidden file, ask `handover()`, then give it its name."""
        target = self._folder / self._name(envelope)
        draft = self._folder / f".{target.name}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_durably(draft, envelope.mime)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            return _deferred(error, "write")
        asked, allowed = self._monotonic(), False
        try:
            allowed = handover()
        finally:
            if not allowed:
                draft.unlink(missing_ok=True)
        if not allowed:
            return Outcome(Verdict.STOPPED, phase="handover")
        if late := stood_still(self._monotonic() - asked):
            draft.unlink(missing_ok=True)
            return late
        return self._publish(draft, target)

    def probe(self) -> Outcome:
        """Write, sync and remove a hidden file. SENT means that the folder takes mail."""
        trial = self._folder / f".probe-{self._now():%Y%m%dT%H%M%S.%fZ}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_durably(trial, b"")
            trial.unlink()
        except OSError as error:
            return _deferred(error, "write")
        return Outcome(Verdict.SENT, 250, "the folder is writable", "write")

    def close(self) -> None:
        """Nothing is held open."""

    def _publish(self, draft: Path, target: Path) -> Outcome:
        try:
            # A link never replaces a file: a message delivered twice must show as two files.
            os.link(draft, target)
            draft.unlink()
            _sync_folder(self._folder)
        except OSError as error:
            if target.exists():
                return Outcome(Verdict.UNKNOWN, detail=error.strerror or "cannot sync", phase="dot")
            draft.unlink(missing_ok=True)
            return _deferred(error, "dot")
        return Outcome(Verdict.SENT, code=250, detail=target.name, phase="dot")

    def _name(self, envelope: Envelope) -> str:
        stamp = self._now().strftime("%Y%m%dT%H%M%S.%fZ")
        return f"{stamp}-{re.sub(r'[^A-Za-z0-9]+', '-', envelope.message_id).strip('-')[:80]}.eml"


def _deferred(error: OSError, phase: str) -> Outcome:
    # A folder that cannot be written takes no mail at all, whoever it is for.
    detail = error.strerror or type(error).__name__
    return Outcome(Verdict.DEFERRED, detail=detail, phase=phase, scope=Scope.RELAY)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
