"""One invoice whose emails bounce or are in doubt, and the reports about them."""

from datetime import timedelta

from sqlalchemy import func, select

from paymail import db
from paymail.models import Bounce, Message, MessageState, TimelineEvent
from paymail.services import bounces
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import deliveries
from paymail.services.reminders import holds
from tests.dsn import TOKEN, sample
from tests.factories import NOW, make_invoice
from tests.services.emailed_invoice import EmailedInvoice

LATER = NOW + timedelta(minutes=5)


class ReportedEmails(EmailedInvoice):
    """Invoice 502 with one email in a given state, and the reports about it."""

    def sent(self, state: MessageState = MessageState.SENT) -> int:
        message_id = self.send()
        deliveries.sweep(self.context)
        with db.transaction(self.engine) as session:
            session.get_one(Message, message_id).state = state
        return message_id

    def report(self, name: str) -> bytes:
        """Return a sample that names the newest message."""
        return sample(name).replace(TOKEN.encode(), self.message().header_id[1:25].encode())

    def receive(self, raw: bytes, source: str = "mailbox") -> Bounce:
        with db.transaction(self.engine) as session:
            return bounces.receive(session, raw=raw, source=source, now=LATER)

    def state(self, message_id: int) -> MessageState:
        with db.reading(self.engine) as session:
            return session.get_one(Message, message_id).state

    def count(self, table: type, *where: object) -> int:
        with db.reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(table).where(*where)) or 0  # type: ignore[arg-type]

    def kinds(self) -> list[str]:
        with db.reading(self.engine) as session:
            return list(session.scalars(select(TimelineEvent.kind).order_by(TimelineEvent.event_id)))

    def held(self, invoice_id: int) -> list[str]:
        with db.reading(self.engine) as session:
            return [hold.reason for hold in holds.in_force(session, invoice_ids=[invoice_id], now=LATER)]

    def second_invoice(self, invoice_id: int, **more: object) -> None:
        """Another invoice of the same customer."""
        with db.transaction(self.engine) as session:
            customer = load_invoice(session, invoice_id=502).customer_id
            other = make_invoice(session, invoice_id=invoice_id, name="x", **more)  # type: ignore[arg-type]
            other.customer_id = customer
