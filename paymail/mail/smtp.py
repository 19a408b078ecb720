"""SMTP, phase by phase, so that the hand-over is committed before the final dot (DESIGN §4).

Sources: RFC 5321 §4.1.1.4 (DATA), §4.2.5 (reply after the dot decides), RFC 1047 (why doubt remains).
"""

import re
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from paymail.ports import Envelope, Handover, Outcome, Verdict

MAILS_PER_CONNECTION = 100


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """Server, protection, login, and seconds to wait in each phase (RFC 5321 §4.5.3.2, shortened)."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    timeout_connect: float = 10.0
    timeout_command: float = 20.0
    timeout_final: float = 60.0


class _Refused(Exception):
    """Certain failure before the dot, as an outcome."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


class SmtpMailer:
    """Implements `ports.Mailer`; each thread keeps one connection and reuses it."""

    def __init__(self, config: SmtpConfig) -> None:
        self._config = config
        self._local = threading.local()
        self._open: set[smtplib.SMTP] = set()
        self._lock = threading.Lock()

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        """Send all but the dot, ask `handover()`, then the dot."""
        try:
            smtp, refused = self._up_to_data(envelope)
            _send_body(smtp, envelope.mime)
        except _Refused as stop:
            self._drop()
            return stop.outcome
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome(Verdict.DEFERRED, detail=_clean(error), phase="before the dot")
        allowed = False
        try:
            allowed = handover()
        finally:
            if not allowed:
                self._drop()  # without the dot the server has nothing
        if not allowed:
            return Outcome(Verdict.STOPPED, phase="handover")
        return self._dot(smtp, refused)

    def close(self) -> None:
        """Close every connection, politely where the server still listens."""
        with self._lock:
            connections, self._open = self._open, set()
        for smtp in connections:
            # A 421 to QUIT raises although all mail was accepted long before.
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _up_to_data(self, envelope: Envelope) -> tuple[smtplib.SMTP, dict[str, str]]:
        smtp = self._ready()
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(envelope.mime):
            raise _Refused(Outcome(Verdict.FAILED, 552, f"larger than the server's {limit} bytes", "MAIL"))
        _expect(smtp.mail(envelope.sender), (250,), "MAIL")
        refused: dict[str, tuple[int, str]] = {}
        for recipient in envelope.recipients:
            code, reply = smtp.rcpt(recipient)
            if code not in (250, 251):
                refused[recipient] = (code, f"{code} {_clean(reply)}")
        if len(refused) == len(envelope.recipients):
            # One temporary refusal is enough to try again: nobody has the message yet.
            code, reply_text = min(refused.values())
            raise _Refused(Outcome(_verdict(code), code, reply_text, "RCPT"))
        _expect(smtp.docmd("DATA"), (354,), "DATA")
        return smtp, {address: text for address, (_code, text) in refused.items()}

    def _dot(self, smtp: smtplib.SMTP, refused: dict[str, str]) -> Outcome:
        try:
            _timeout(smtp, self._config.timeout_final)
            smtp.send(b"\r\n.\r\n")
            code, reply = smtp.getreply()
            _timeout(smtp, self._config.timeout_command)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome(Verdict.UNKNOWN, detail=_clean(error), phase="dot")
        if not 200 <= code < 600:
            self._drop()
            return Outcome(Verdict.UNKNOWN, detail=f"no sound reply: {_clean(reply)}", phase="dot")
        if code == 421:
            self._drop()
        detail = f"{code} {_clean(reply)}"
        if code < 300:
            return Outcome(Verdict.SENT, code, detail, "dot", refused)
        return Outcome(Verdict.UNKNOWN if code < 400 else _verdict(code), code, detail, "dot")

    def _ready(self) -> smtplib.SMTP:
        """Return this thread's connection after RSET, or a new one: a stale one has harmed nothing."""
        smtp: smtplib.SMTP | None = getattr(self._local, "smtp", None)
        if smtp is not None and self._local.used < MAILS_PER_CONNECTION:
            with suppress(OSError, smtplib.SMTPException):
                if smtp.rset()[0] == 250:
                    self._local.used += 1
                    return smtp
        self._drop()
        self._local.smtp, self._local.used = self._connect(), 1
        with self._lock:
            self._open.add(self._local.smtp)
        fresh: smtplib.SMTP = self._local.smtp
        return fresh

    def _connect(self) -> smtplib.SMTP:
        config = self._config
        context = ssl.create_default_context(cafile=config.ca_file or None)
        if config.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(timeout=config.timeout_connect, context=context)
        else:
            smtp = smtplib.SMTP(timeout=config.timeout_connect)
        smtp._host = config.host  # type: ignore[attr-defined]  # what STARTTLS verifies; only __init__ sets it
        try:
            _login(smtp, config, context)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _drop(self) -> None:
        smtp: smtplib.SMTP | None = getattr(self._local, "smtp", None)
        self._local.smtp = None
        if smtp is not None:
            with self._lock:
                self._open.discard(smtp)
            smtp.close()


def _login(smtp: smtplib.SMTP, config: SmtpConfig, context: ssl.SSLContext) -> None:
    # Refusals here are about us or the server, not about this message: always worth another try.
    code, reply = smtp.connect(config.host, config.port)
    if code != 220:
        raise _Refused(Outcome(Verdict.DEFERRED, code, _clean(reply), "connect"))
    if smtp.sock is not None:
        # Without it the split terminator waits about 40 ms for an acknowledgement.
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    smtp.ehlo_or_helo_if_needed()
    if config.security == "starttls":
        smtp.starttls(context=context)
        smtp.ehlo()
    if config.username:
        smtp.login(config.username, config.password)
    _timeout(smtp, config.timeout_command)


def _timeout(smtp: smtplib.SMTP, seconds: float) -> None:
    if smtp.sock is not None:
        smtp.sock.settimeout(seconds)


def _send_body(smtp: smtplib.SMTP, mime: bytes) -> None:
    # RFC 5321 §4.5.2: a line that begins with a dot gets another one.
    body = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", mime))
    smtp.send(body.removesuffix(b"\r\n"))


def _expect(answer: tuple[int, bytes], good: tuple[int, ...], phase: str) -> None:
    code, reply = answer
    if code not in good:
        raise _Refused(Outcome(_verdict(code), code, f"{code} {_clean(reply)}", phase))


def _verdict(code: int) -> Verdict:
    return Verdict.FAILED if 500 <= code < 600 else Verdict.DEFERRED


def _clean(reply: bytes | Exception) -> str:
    text = (
        reply.decode("utf-8", "replace") if isinstance(reply, bytes) else f"{type(reply).__name__}: {reply}"
    )
    return re.sub(r"[^\x20-\x7e]+", " ", text)[:300]
