"""Our own side: settings that make sense together, a folder to write to, an address that answers."""

import json
import os
import shutil
import stat
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from paymail.checks.findings import Finding, Subject, failed, not_asked, ok, warning
from paymail.settings import Settings

LEAST_FREE = 200 * 1024 * 1024
"""Bytes; below it a morning's PDFs may not fit."""
_TIMEOUT = 5.0


def settings(subject: Subject) -> Iterator[Finding]:
    """Contradictions that let paymail start but not work."""
    found = subject.app.settings
    faults = list(_address_faults(found))
    if not found.sandboxed and found.mail_transport == "mailbox":
        faults.append(
            failed(
                "settings",
                "real Stripe keys, but emails are only saved as files",
                "set PAYMAIL_MAIL_TRANSPORT=smtp",
            )
        )
    if not found.webhook_secrets:
        faults.append(
            failed(
                "settings",
                "no webhook secret: a payment is missed if the customer closes the page",
                "set PAYMAIL_STRIPE_WEBHOOK_SECRETS",
            )
        )
    if found.public_url.startswith("https://") and not found.trusted_proxies:
        faults.append(
            warning(
                "settings",
                "no trusted proxy: all customers share one IP address and its rate limit",
                "set PAYMAIL_TRUSTED_PROXIES to the address of the HTTPS proxy in front of paymail",
            )
        )
    faults += _missing_places(found)
    if not faults:
        faults.append(
            ok("settings", f"{found.public_url}, {found.stripe_mode} keys, emails by {found.mail_transport}")
        )
    yield from faults


def _missing_places(found: Settings) -> Iterator[Finding]:
    if found.bounce_dir and not Path(found.bounce_dir).is_dir():
        yield failed(
            "settings",
            f"no folder {found.bounce_dir}: bounces are not seen",
            "create it, or correct PAYMAIL_BOUNCE_DIR",
        )
    if found.relay_log and not Path(found.relay_log).parent.is_dir():
        yield failed(
            "settings",
            f"no folder for {found.relay_log}: the relay's log is not read",
            "mount it, or correct PAYMAIL_RELAY_LOG",
        )


def _address_faults(found: Settings) -> Iterator[Finding]:
    parts = urlsplit(found.public_url)
    remedy = "set PAYMAIL_PUBLIC_URL to an address that customers can reach, such as https://pay.example.com"
    if parts.path or parts.query or parts.fragment or parts.username is not None:
        yield failed("settings", "the public address must only have a scheme, host and port", remedy)
    if not parts.hostname:
        yield failed("settings", "the public address has no host name", remedy)
    elif not found.sandboxed and is_loopback(parts.hostname):
        yield failed("settings", "the public address only works on this machine", remedy)
    if not found.sandboxed and parts.scheme != "https":
        yield failed("settings", "pay links would be sent without encryption (no HTTPS)", remedy)
    if found.sandboxed and parts.hostname and not is_loopback(parts.hostname):
        yield warning(
            "settings", "customers would pay in the sandbox, where no money moves", "set the real Stripe keys"
        )


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this machine."""
    try:
        return ip_address(host).is_loopback or ip_address(host).is_unspecified
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def data_folder(subject: Subject) -> Iterator[Finding]:
    """Whether the folder can be written durably, is ours alone, and has room."""
    folder = subject.app.settings.data_dir
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"paymail")
            file.flush()
            os.fsync(file.fileno())
        open_to_others = stat.S_IMODE(folder.stat().st_mode) & 0o077
        free = shutil.disk_usage(folder).free
    except OSError as error:
        why = error.strerror or type(error).__name__
        yield failed(
            "data folder", f"{folder}: {why}", "set PAYMAIL_DATA_DIR to a folder that paymail can write to"
        )
        return
    if free < LEAST_FREE:
        yield warning("data folder", f"{folder}: {free // 1024**2} MB free", "free up space on that disk")
    elif open_to_others:
        yield warning(
            "data folder", f"{folder} is open to other users of this machine", f"chmod 700 {folder}"
        )
    else:
        yield ok("data folder", f"{folder} is writable, {free // 1024**3} GB free")


def pdf(_subject: Subject) -> Iterator[Finding]:
    """Whether a page can be printed: Pango and its fonts are libraries of the system."""
    try:
        from paymail.render.printer import Printer

        Printer().print("<p>paymail</p>", "")
    except (OSError, ImportError, ValueError) as error:
        remedy = "install Pango; on Debian libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0"
        yield failed("pdf", f"PDFs cannot be created: {error}"[:300], remedy)
    else:
        yield ok("pdf", "a test PDF was created")


def public_address(subject: Subject) -> Iterator[Finding]:
    """Whether the public address leads here. A warning only: this host may not see it as customers do."""
    url = subject.app.settings.public_url
    if not urlsplit(url).hostname:
        yield not_asked("public address", "it has no host name")
        return
    remedy = "start `paymail web`, or check the DNS record, proxy and certificate"
    # Straight there: an outgoing proxy would answer with a page of its own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url}/healthz", timeout=_TIMEOUT) as answer:
            healthy = json.loads(answer.read(1000)) == {"status": "ok"}
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        yield warning("public address", f"{url}/healthz is not responding: {str(reason)[:120]}", remedy)
        return
    if healthy:
        yield ok("public address", f"{url} is responding")
    else:
        yield warning("public address", f"{url}/healthz is answered by something other than paymail", remedy)
