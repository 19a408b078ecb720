"""One connection to the mail server: opened, protected and logged in, with one time limit for each reply.

Sources: RFC 5321 §4.5.3.2 (timeouts), RFC 3207 (STARTTLS), RFC 4954 (AUTH).
"""

import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

from paymail.errors import Misconfigured
from paymail.mail.replies import Refused, phase
from paymail.ports.mail import Outcome, Scope, Verdict

QUIT_SECONDS = 2.0
"""RetryPolicy for the answer to QUIT, which nobody needs."""


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """Server, protection, login, and seconds to wait in each phase (RFC 5321 §4.5.3.2, shortened).

    `timeout_connect` is for each step up to the login, `timeout_command` for each command and for the
    body, `timeout_final` for the reply after the dot; `reuse_seconds` is how long a connection may idle.
    """

    host: str
    port: int
    security: Literal["none", "starttls", "tls"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    timeout_connect: float = 10.0
    timeout_command: float = 20.0
    timeout_final: float = 60.0
    reuse_seconds: float = 60.0


class _Replies:
    """Reads lines for smtplib until a deadline: a server that dribbles gets no more time than a mute one."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._buffer = b""
        self.deadline = 0.0

    def readline(self, limit: int) -> bytes:
        """Return the next line with its line end, or what there is at the limit or the end."""
        while b"\n" not in self._buffer and len(self._buffer) < limit:
            left = self.deadline - monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
            chunk = self._sock.recv(4096)
            if not chunk:
                break
            self._buffer += chunk
        end = min(self._buffer.find(b"\n") + 1 or limit, limit)
        line, self._buffer = self._buffer[:end], self._buffer[end:]
        return line

    def any_unread(self) -> bool:
        """Return at once whether the server has said something, or hung up."""
        if self._buffer:
            return True
        try:
            self._sock.settimeout(0)
            self._buffer = self._sock.recv(4096)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False  # TLS may read records of its own, such as session tickets, and find no words
        except OSError:
            return True
        return True

    def close(self) -> None:
        """Nothing to close: the socket is the connection's."""


class Connection(smtplib.SMTP):
    """smtplib's low-level commands, each with `reply_timeout` seconds for all of its reply."""

    reply_timeout = 10.0
    _host: str
    file: _Replies | None  # what smtplib reads replies from, once it is there

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply within the time limit."""
        sock = self.sock
        if sock is None:
            raise smtplib.SMTPServerDisconnected("not connected")
        if self.file is None:
            self.file = _Replies(sock)
        self.file.deadline = monotonic() + self.reply_timeout
        answer = super().getreply()
        with suppress(OSError):  # closed meanwhile: the reply counts all the same
            sock.settimeout(self.reply_timeout)  # a TLS handshake may follow, and has its own limit
        return answer

    def send(self, s: bytes | str) -> None:  # type: ignore[override]  # we send nothing else
        """Send within the time limit."""
        if self.sock is not None:
            self.sock.settimeout(self.reply_timeout)
        super().send(s)

    def offered(self) -> Mapping[str, str] | None:
        """Return the extensions of the last EHLO; None when the server answered only to HELO."""
        return self.esmtp_features if self.does_esmtp else None

    def spoke_unasked(self) -> bool:
        """Return whether a reply, or the end, is there although nothing was asked."""
        return self.file is None or self.file.any_unread()

    def part(self) -> None:
        """Take leave and close. A 421 or nothing to QUIT changes nothing about the mails before it."""
        self.reply_timeout = QUIT_SECONDS
        with suppress(OSError, smtplib.SMTPException):
            self.quit()
        self.close()


class TlsConnection(Connection, smtplib.SMTP_SSL):
    """The same, in TLS from the first byte."""


def tls_context(config: SmtpConfig) -> ssl.SSLContext:
    """Return a context that verifies certificate and host name. Raises Misconfigured for a bad CA file.

    Made once: loading the system's authorities takes some 20 ms.
    """
    try:
        return ssl.create_default_context(cafile=config.ca_file or None)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"PAYMAIL_SMTP_CA_FILE cannot be used: {error.__class__.__name__}") from error


def connect(config: SmtpConfig, context: ssl.SSLContext) -> Connection:
    """Return a connection that is ready for MAIL. Raises Refused: whatever fails here is about the relay."""
    if config.security == "tls":
        smtp: Connection = TlsConnection(timeout=config.timeout_connect, context=context)
    else:
        smtp = Connection(timeout=config.timeout_connect)
    smtp._host = config.host  # what TLS verifies; smtplib sets it only when __init__ connects
    smtp.reply_timeout = config.timeout_connect
    try:
        _greet(smtp, config)
        if config.security == "starttls":
            with phase("STARTTLS", Scope.RELAY):
                smtp.starttls(context=context)
                smtp.ehlo_or_helo_if_needed()
        if config.username:
            _login(smtp, config)
    except BaseException:
        smtp.close()
        raise
    smtp.reply_timeout = config.timeout_command
    return smtp


def _greet(smtp: Connection, config: SmtpConfig) -> None:
    with phase("connect", Scope.RELAY):
        code, reply = smtp.connect(config.host, config.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, reply)
        if smtp.sock is not None:
            # Without it the split terminator waits about 40 ms for an acknowledgement.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.ehlo_or_helo_if_needed()


def _login(smtp: Connection, config: SmtpConfig) -> None:
    if config.security == "none":
        detail = "paymail does not log in without TLS"
        raise Refused(Outcome(Verdict.DEFERRED, detail=detail, phase="AUTH", scope=Scope.RELAY))
    with phase("AUTH", Scope.RELAY):
        smtp.login(config.username, config.password)
