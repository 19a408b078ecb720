"""What an invoice's page says at its top: one badge, the way of the invoice in five steps, and its age."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from paymail.models import Invoice, InvoiceStatus
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.lists import delivery_record, payment_state
from paymail.services.lists.delivery_record import DeliveryRecord
from paymail.services.lists.delivery_state import PROBLEMS
from paymail.services.lists.payment_state import PaymentState
from paymail.web.staff.invoice_rows import DELIVERY_BADGES, PAYMENT_BADGES, age_words
from paymail.web.staff.local_time import short_day


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an invoice stands: its emails, its money in one word, and the day on the issuer's calendar."""

    invoice: Invoice
    record: DeliveryRecord
    payment: PaymentState
    today: date

    @property
    def days(self) -> int:
        """How many days it is overdue; below 0 while it is not due."""
        return (self.today - self.invoice.due_date).days

    @property
    def age(self) -> str:
        """`12 days overdue`; empty for what is not owed."""
        return age_words(self.days) if self.invoice.owed else ""

    @property
    def trouble(self) -> bool:
        """Whether money is missing that the customer may not know of."""
        return self.invoice.owed and self.record.delivery in PROBLEMS

    @property
    def badge(self) -> tuple[str, str]:
        """The one badge, as tone and word: a problem of the email before the money, "Unpaid" never."""
        money = PAYMENT_BADGES[self.payment]
        if self.invoice.status is not InvoiceStatus.SENT:
            return money
        return DELIVERY_BADGES[self.record.delivery] if self.trouble or not money[0] else money

    @property
    def among(self) -> tuple[str, str] | None:
        """The list that it belongs to, as name and filter."""
        if self.trouble:
            return "Delivery problems", "delivery=" + ",".join(PROBLEMS)
        if self.invoice.owed:
            return ("Overdue", "overdue=any") if self.days > 0 else ("Open", "payment=owed")
        names = {PaymentState.DRAFT: "Drafts", PaymentState.PAID: "Paid", PaymentState.VOID: "Void"}
        name = names.get(self.payment)
        return (name, f"payment={self.payment}") if name else None

    @property
    def owed(self) -> Money:
        """What is missing."""
        shown = self.invoice.balance if self.invoice.status is not InvoiceStatus.VOID else 0
        return Money(shown, self.invoice.currency)

    def day(self, day: date) -> str:
        """Return a day as the page writes it."""
        return short_day(day, self.today)


def standing_of(session: Session, invoice: Invoice, now: datetime) -> Standing:
    """Return where an invoice with its issuer stands, in seven statements at most."""
    ids = (invoice.invoice_id,)
    said = payment_state.said_of(session, invoice_ids=ids, now=now).get(invoice.invoice_id)
    return Standing(
        invoice=invoice,
        record=delivery_record.record_of(session, invoice_id=invoice.invoice_id),
        payment=payment_state.state_of(invoice, said),
        today=local_date(invoice.issuer, now),
    )
