"""One mail, one impatient client, and a way to try the one on a sink with the other."""

from contextlib import closing

from paymail.mail.smtp import SmtpConfig, SmtpMailer
from paymail.ports.mail import Envelope, Outcome
from tests.contract.mail.sink import Sink

TOKEN = "0123456789abcdef01234567"
MAIL = Envelope(
    f"<{TOKEN}@host.example>", "billing@host.example", ("a@b.example",), b"Subject: x\r\n\r\nhello\r\n"
)


def config(port: int, **more: object) -> SmtpConfig:
    """Return the settings of a client that waits half a second."""
    fast = {"timeout_connect": 2.0, "timeout_command": 0.5, "timeout_final": 0.5}
    return SmtpConfig(**({"host": "127.0.0.1", "port": port, "security": "none"} | fast | more))  # type: ignore[arg-type]


def attempt(sink: Sink, mail: Envelope = MAIL, **more: object) -> tuple[Outcome, int]:
    """Deliver once; return the outcome and how often the handover was asked for."""
    asked: list[bool] = []
    with closing(SmtpMailer(config(sink.port, **more))) as mailer:
        outcome = mailer.deliver(mail, lambda: asked.append(True) or True)  # type: ignore[func-returns-value]
    return outcome, len(asked)
