"""The log of our own relay: whether it is there, can be read, and is written in a way that paymail reads."""

import os
from collections.abc import Iterator
from pathlib import Path

from paymail.checks.findings import Finding, Subject, failed, not_asked, ok, warning
from paymail.services.bounces.relay_log import understood

_READ = 256 * 1024
"""Bytes from its end."""
_FORMATS = "write it as traditional syslog or with RFC 3339 times, as rsyslog and Postfix's maillog_file do"


def log(subject: Subject) -> Iterator[Finding]:
    """Look at the last lines of the log, if there is to be one."""
    file = Path(subject.app.settings.relay_log)
    if not subject.app.settings.relay_log:
        yield not_asked("relay log", "PAYMAIL_RELAY_LOG is not set")
        return
    try:
        lines = _last_lines(file)
    except OSError as error:
        why = error.strerror or type(error).__name__
        yield failed(
            "relay log", f"{file}: {why}", "let paymail's user read it, or correct PAYMAIL_RELAY_LOG"
        )
        return
    read, looks = understood(lines)
    if looks and not read:
        yield failed("relay log", f"{file}: none of its {looks} last mail lines can be read", _FORMATS)
    elif not looks:
        yield warning("relay log", f"{file}: no line of Postfix yet", "check where Postfix writes its log")
    else:
        yield ok("relay log", f"{file}: {read} of its last {looks} mail lines can be read")


def _last_lines(file: Path) -> list[str]:
    with file.open("rb") as opened:
        opened.seek(max(os.fstat(opened.fileno()).st_size - _READ, 0))
        return opened.read(_READ).decode("utf-8", "replace").splitlines()
