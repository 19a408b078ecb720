"""SMTP, phase by phase, so that the hand-over is committed before the final dot.

Sources: RFC 5321 §4.1.1.4 (DATA), §4.2.5 (reply after the dot decides), RFC 1047 (why doubt remains).
"""

import re
import smtplib
import threading
from contextlib import suppress
from dataclasses import replace
from time import monotonic

from paymail.mail.connection import Connection, SmtpConfig, connect, tls_context
from paymail.mail.handover_bound import Monotonic, stood_still
from paymail.mail.parameters import mail_parameters, recipient_parameters, refuse_bad_addresses
from paymail.mail.replies import Refused, clean, enhanced_status, expect, is_sound, judge, phase
from paymail.ports.mail import Envelope, Handover, Outcome, Scope, Verdict

__all__ = ["SmtpConfig", "SmtpMailer"]

MAILS_PER_CONNECTION = 100


class SmtpMailer:
    """Implements `ports.Mailer`; each thread keeps one connection and reuses it."""

    def __init__(self, config: SmtpConfig, monotonic: Monotonic = monotonic) -> None:
        """Connect to nothing yet. Raises Misconfigured for a CA file that cannot be used."""
        self._config = config
        self._monotonic = monotonic
        self._context = tls_context(config)
        self._local = threading.local()
        self._open: set[Connection] = set()
        self._lock = threading.Lock()

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        """Send all but the dot, ask `handover()`, then the dot."""
        try:
            refuse_bad_addresses(envelope)
            smtp = self._begun(envelope)
            refused = _name_recipients(smtp, envelope)
            _send_body(smtp, envelope.mime)
        except Refused as stop:
            if not stop.sound:
                self._drop()
            return stop.outcome
        asked, allowed = self._monotonic(), False
        try:
            allowed = handover()
        finally:
            if not allowed:
                self._drop()  # without the dot the server has nothing
        if not allowed:
            return Outcome(Verdict.STOPPED, phase="handover")
        return self._dot(smtp, refused, asked)

    def probe(self) -> Outcome:
        """Connect, protect, log in, NOOP, QUIT; sends no mail. SENT means that one could be sent."""
        try:
            smtp = connect(self._config, self._context)
        except Refused as stop:
            return stop.outcome
        offered = " ".join(sorted(smtp.offered() or {})).upper()
        try:
            with phase("NOOP", Scope.RELAY):
                code, reply = smtp.noop()
        except Refused as stop:
            return stop.outcome
        finally:
            smtp.part()
        if not 200 <= code < 300:
            return replace(judge((code, reply), "NOOP"), verdict=Verdict.DEFERRED, scope=Scope.RELAY)
        return Outcome(Verdict.SENT, code, f"ready; offers {offered or 'nothing'}", "NOOP")

    def close(self) -> None:
        """Close every connection, politely where the server still listens."""
        with self._lock:
            connections, self._open = self._open, set()
        for smtp in connections:
            smtp.part()

    def _begun(self, envelope: Envelope) -> Connection:
        """Return a connection that has taken MAIL.

        A connection that was kept and has gone stale costs nothing: until RCPT it says nothing about the
        mail, so a new one is asked before anything is reported.
        """
        kept = self._kept()
        if kept is not None:
            try:
                return _name_sender(kept, envelope)
            except Refused as stop:
                if stop.sound:
                    raise
                self._drop()
        return _name_sender(self._fresh(), envelope)

    def _kept(self) -> Connection | None:
        """Return this thread's connection after RSET, if it is fit for another mail."""
        smtp: Connection | None = getattr(self._local, "smtp", None)
        if smtp is None:
            return None
        idle = self._monotonic() - self._local.since
        if self._local.used < MAILS_PER_CONNECTION and idle < self._config.reuse_seconds:
            with suppress(OSError, smtplib.SMTPException):
                if not smtp.spoke_unasked() and smtp.rset()[0] == 250:
                    self._local.used += 1
                    self._local.since = self._monotonic()
                    return smtp
        else:
            smtp.part()
        self._drop()
        return None

    def _fresh(self) -> Connection:
        smtp = connect(self._config, self._context)
        self._local.smtp, self._local.used, self._local.since = smtp, 1, self._monotonic()
        with self._lock:
            self._open.add(smtp)
        return smtp

    def _drop(self) -> None:
        smtp: Connection | None = getattr(self._local, "smtp", None)
        self._local.smtp = None
        if smtp is not None:
            with self._lock:
                self._open.discard(smtp)
            smtp.close()

    def _dot(self, smtp: Connection, refused: dict[str, str], asked: float) -> Outcome:
        try:
            # A reply that came before the dot must not be read as the answer to it.
            _listen_before_the_dot(smtp)
        except Refused as stop:
            self._drop()
            return stop.outcome
        if late := stood_still(self._monotonic() - asked):
            self._drop()
            return late
        smtp.reply_timeout = self._config.timeout_final
        try:
            smtp.send(b"\r\n.\r\n")
            code, reply = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome(Verdict.UNKNOWN, detail=clean(error), phase="dot")
        smtp.reply_timeout = self._config.timeout_command
        self._local.since = self._monotonic()
        if not is_sound(code):
            self._drop()
        if not 200 <= code < 600:
            return Outcome(Verdict.UNKNOWN, detail=f"unreadable reply: {clean(reply)}", phase="dot")
        if code >= 400:
            return judge((code, reply), "dot")
        verdict = Verdict.SENT if code < 300 else Verdict.UNKNOWN
        status = enhanced_status(code, reply)
        return Outcome(verdict, code, f"{code} {clean(reply)}", "dot", refused, status=status)


def _name_sender(smtp: Connection, envelope: Envelope) -> Connection:
    parameters = mail_parameters(envelope, smtp.offered())
    with phase("MAIL", Scope.RELAY):
        answer = smtp.mail(envelope.sender, parameters)
    expect(answer, "MAIL")
    return smtp


def _name_recipients(smtp: Connection, envelope: Envelope) -> dict[str, str]:
    """Send RCPT for each and then DATA; return the refused ones with their replies if another was taken."""
    refused: dict[str, Outcome] = {}
    for recipient in envelope.recipients:
        with phase("RCPT", Scope.MESSAGE):
            code, reply = smtp.rcpt(recipient, recipient_parameters(recipient, smtp.offered()))
        if not is_sound(code):
            raise Refused(judge((code, reply), "RCPT"))  # the server is going, or no longer understood
        if code >= 300:
            refused[recipient] = judge((code, reply), "RCPT")
    # Copies alone, if it ever came to that, are an email like any other here.
    needed = [one for one in envelope.recipients if one not in envelope.copies] or envelope.recipients
    if all(address in refused for address in needed):
        # One temporary refusal is enough to try again: nobody has the message yet.
        raise Refused(min((refused[address] for address in needed), key=_hopeless_last), sound=True)
    with phase("DATA", Scope.MESSAGE):
        answer = smtp.docmd("DATA")
    expect(answer, "DATA")
    return {address: outcome.detail for address, outcome in refused.items()}


def _hopeless_last(outcome: Outcome) -> tuple[bool, int]:
    return outcome.verdict is Verdict.FAILED, outcome.code


def _send_body(smtp: Connection, mime: bytes) -> None:
    # RFC 5321 §4.5.2: a line that begins with a dot gets another one.
    body = re.sub(rb"(?m)^\.", b"..", re.sub(rb"\r\n|\r|\n", b"\r\n", mime))
    with phase("body", Scope.MESSAGE):
        smtp.send(body.removesuffix(b"\r\n"))


def _listen_before_the_dot(smtp: Connection) -> None:
    if not smtp.spoke_unasked():
        return
    with phase("body", Scope.MESSAGE):
        answer = smtp.getreply()
    if 400 <= answer[0] < 600:
        raise Refused(judge(answer, "body"))
    detail = f"unexpected reply before the end of the message: {clean(answer[1])}"
    raise Refused(Outcome(Verdict.DEFERRED, answer[0], detail, "body"))
