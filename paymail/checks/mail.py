"""The mail transport: everything but a mail."""

from collections.abc import Iterator

from paymail.checks.findings import Finding, Subject, failed, ok, warning
from paymail.checks.installation import is_loopback
from paymail.ports.mail import Verdict


def transport(subject: Subject) -> Iterator[Finding]:
    """Connect and log in as for a mail."""
    found, mailer = subject.app.settings, subject.app.mailer
    smtp = found.mail_transport == "smtp"
    place = f"{found.smtp_host}:{found.smtp_port}" if smtp else str(subject.app.mailbox)
    if smtp and found.smtp_security == "none" and not is_loopback(found.smtp_host):
        yield warning(
            "mail",
            "emails and their pay links are sent unencrypted",
            "set PAYMAIL_SMTP_SECURITY to starttls or tls",
        )
    outcome = mailer.probe()
    if outcome.verdict is Verdict.SENT:
        yield ok("mail", f"{place}: {outcome.detail}")
    else:
        said = f"{outcome.code} {outcome.detail}" if outcome.code else outcome.detail
        yield failed(
            "mail",
            f"{place}: {said[:200]} (at {outcome.phase})",
            "correct the PAYMAIL_SMTP_… settings, or contact the server's administrator"
            if smtp
            else "make the folder writable",
        )
