"""The negative control: a deliverer as many are written, with a lease and retries and nothing else.

It claims in the same table, sends by `smtplib` in one go, and marks the row afterwards. Killed between the
two, or left without an answer, it sends again. The checker must find that.
"""

import smtplib
import time
from datetime import timedelta

from sqlalchemy.orm import Session

from paymail import db, settings
from paymail.models import Message, MessageState
from paymail.services.outbox import queue
from tests.faults import pace
from tests.faults.worker import SMTP_TIMEOUT

_RETRY = timedelta(seconds=15)


class NaiveDeliverer:
    """Delivers what is due; `lease` is how long a claim holds."""

    def __init__(self, found: settings.Settings) -> None:
        self._engine = db.make_engine(found.database)
        self._port = found.smtp_port
        self._lease = timedelta(seconds=found.lease_seconds)
        self._now = pace.from_environment().now

    def turn(self) -> bool:
        """Deliver one message; False when nothing was due."""
        with db.transaction(self._engine) as session:
            claims = queue.claim(session, now=self._now(), lease=self._lease)
            if not claims:
                return False
            message = session.get_one(Message, claims[0].message_id)
        try:
            self._send(message)
        except (OSError, smtplib.SMTPException) as error:
            self._mark(message, MessageState.SCHEDULED, f"failed: {error}")
        else:
            self._mark(message, MessageState.SENT, "")
        return True

    def _send(self, message: Message) -> None:
        mime = f"Message-ID: {message.header_id}\r\n\r\n{message.kind}\r\n"
        with smtplib.SMTP("127.0.0.1", self._port, timeout=SMTP_TIMEOUT) as smtp:
            smtp.sendmail("naive@sender.example", [message.recipient], mime)

    def _mark(self, message: Message, state: MessageState, reason: str) -> None:
        def change(session: Session) -> None:
            row = session.get_one(Message, message.message_id)
            row.state, row.reason, row.next_at = state, reason, self._now() + _RETRY

        with db.transaction(self._engine) as session:
            change(session)


def work() -> None:
    """Work until killed."""
    deliverer = NaiveDeliverer(settings.load())
    while True:
        if not deliverer.turn():
            time.sleep(0.1)
