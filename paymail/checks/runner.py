"""Running the checks: side by side, each in its time, none able to stop the others or to tell a secret."""

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from paymail.checks.findings import Check, Finding, Subject, Verdict, failed, not_asked
from paymail.observability import scrub
from paymail.settings import Settings

_SHORTEST_SECRET = 4
"""Hiding shorter ones would tear ordinary words apart, and they protect nothing."""


def examine(subject: Subject, checks: Sequence[Check]) -> list[Finding]:
    """Return the findings in the order of `checks`; what a check needs must stand before it."""
    found: dict[str, list[Finding]] = {}
    waiting = list(checks)
    while waiting:
        ready = [check for check in waiting if all(need in found for need in check.needs)]
        askings = [_Asking(check, subject) for check in ready if not _hopeless(check, found)]
        for asking in askings:
            asking.start()
        found |= {asking.check.name: asking.answer() for asking in askings}
        for check in ready:
            found.setdefault(check.name, [not_asked(check.name, f"{' or '.join(check.needs)} failed")])
        waiting = [check for check in waiting if check.name not in found]
    secrets = _secrets(subject.app.settings)
    return [_veiled(finding, secrets) for check in checks for finding in found[check.name]]


def _hopeless(check: Check, found: dict[str, list[Finding]]) -> bool:
    return any(finding.verdict is Verdict.FAILED for need in check.needs for finding in found[need])


class _Asking(threading.Thread):
    """One check under way. A daemon: one that hangs is left behind, and does not keep the process."""

    def __init__(self, check: Check, subject: Subject) -> None:
        super().__init__(name=f"doctor-{check.name}", daemon=True)
        self.check = check
        self._subject = subject
        self._found: list[Finding] = []
        self._deadline = time.monotonic() + check.seconds

    def run(self) -> None:
        """Collect what the check finds."""
        try:
            for finding in self.check.ask(self._subject):
                self._found.append(finding)
        except Exception as error:  # whatever a check meets is a finding and never the end of the others
            words = f"{type(error).__name__}: {error}"
            self._found.append(
                failed(self.check.name, f"the check failed unexpectedly: {words[:200]}", "please report this")
            )

    def answer(self) -> list[Finding]:
        """Return the findings, waiting until the check's time is over."""
        self.join(max(self._deadline - time.monotonic(), 0))
        found = list(self._found)
        if self.is_alive():
            late = f"no response within {self.check.seconds:g} s"
            found.append(failed(self.check.name, late, "check that the service is running, then try again"))
        return found


def _secrets(settings: Settings) -> list[str]:
    given = [
        settings.stripe_secret_key.get_secret_value(),
        settings.smtp_password.get_secret_value(),
        *settings.webhook_secrets,
    ]
    host = settings.host_database_url.get_secret_value()
    for url in (settings.database_url, settings.broker_url, host):
        _, _, behind = url.partition("://")
        password = urlsplit(f"//{behind}").password or ""
        given += [password, unquote(password)]
    return sorted({secret for secret in given if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)


def _veiled(finding: Finding, secrets: list[str]) -> Finding:
    def veil(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "[hidden]")
        # What a server or DNS said may hold anything, control characters of a terminal included.
        return " ".join("".join(c if c.isprintable() else " " for c in scrub(text)).split())

    return replace(finding, check=veil(finding.check), found=veil(finding.found), remedy=veil(finding.remedy))
