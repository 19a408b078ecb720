"""Queues messages and takes payments through the services, and writes down what was acknowledged.

A line is written when the commit has returned, as a web page would answer then. What a fault made fail was
not acknowledged, and nothing is owed for it.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail.models import Message
from paymail.ports.payments import IntentStatus
from paymail.services.outbox.queue import RINGS
from paymail.services.payments import settlement
from paymail.services.reminders.by_hand import remind_by_hand
from paymail.services.sending.invoice_emails import send_invoice
from paymail.wiring import App
from tests.faults import debtors
from tests.faults.journal import Journal


class Driver:
    """The acknowledging side of a fault test."""

    def __init__(self, app: App, promised: Path) -> None:
        self._app = app
        self._journal = Journal(promised)

    def close(self) -> None:
        self._journal.close()

    def queue(self, numbers: Iterable[int], *, ring: bool = True) -> bool:
        """Queue an invoice email for each new invoice number, in one transaction; False if it failed.

        Without `ring` only the sweeps find them, so each worker process works on one message at a time.
        """
        return self._promise(lambda session: [self._invoice(session, number) for number in numbers], ring)

    def remind(self, numbers: Iterable[int]) -> bool:
        """Queue a reminder for each new invoice number, whose customer has a payment page open."""
        return self._promise(lambda session: [self._reminder(session, number) for number in numbers])

    def tell(self, number: int, status: IntentStatus = IntentStatus.SUCCEEDED) -> bool:
        """Settle what Stripe says of the invoice's intent; False if that failed and must be told again."""
        intent = debtors.intent(number, status)
        try:
            with self._app.transaction() as session:
                settlement.settle(session, intent=intent, source="webhook", now=self._app.now())
        except SQLAlchemyError:
            return False
        if status is IntentStatus.SUCCEEDED:
            self.note_payment(intent.id)
        return True

    def note_payment(self, intent_id: str) -> None:
        """Write down that somebody was told that this intent is paid."""
        self._journal.write(kind="payment", intent_id=intent_id)

    def _promise(self, queue: Callable[[Session], list[int]], ring: bool = True) -> bool:
        try:
            with self._app.transaction() as session:
                chosen = select(Message.message_id, Message.header_id)
                queued = session.execute(chosen.where(Message.message_id.in_(queue(session)))).all()
                if not ring:
                    session.info.pop(RINGS, None)
        except SQLAlchemyError:
            return False
        for message_id, header_id in queued:
            self._journal.write(kind="message", message_id=message_id, header_id=header_id)
        return True

    def _invoice(self, session: Session, number: int) -> int:
        debtors.make_debtor(session, number)
        return send_invoice(session, invoice_id=number, actor="driver", now=self._app.now()).message_id

    def _reminder(self, session: Session, number: int) -> int:
        now = self._app.now()
        debtors.make_debtor(session, number)
        debtors.open_intent(session, number, now)
        return remind_by_hand(session, invoice_id=number, actor="driver", now=now).message_id
