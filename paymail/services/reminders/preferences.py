"""How reminders are set up: per issuer, with overrides per customer and per invoice."""

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.models import Customer, Invoice, InvoiceStatus
from paymail.services.core import customer_history, history
from paymail.services.core.customers import find_customer, refuse_merged
from paymail.services.core.invoices import load_invoice
from paymail.services.reminders import ladder


class BadPreference(InvalidInput):
    """A value is out of range, or the field is not one that can be set."""

    code = "bad_preference"


def set_up_customer(
    session: Session,
    *,
    customer_id: int,
    actor: str,
    now: datetime,
    off: bool | None = None,
    ladder_text: str | None = None,
) -> Customer:
    """Switch a customer's reminders, or give them a ladder (empty: the issuer's). None leaves as it is.

    Raises NoSuchCustomer, CustomerMerged, BadLadder.
    """
    customer = find_customer(session, customer_id=customer_id)
    refuse_merged(customer)
    switched_on = customer.reminders_off and off is False
    look_again(session, Invoice.customer_id == customer_id, now, switched_on=switched_on)
    switch, steps = _switch(customer), customer.ladder
    _apply(customer, off, ladder_text)
    customer_history.record(session, customer, "reminders", (switch, _switch(customer)), actor, now)
    customer_history.record(session, customer, "ladder", (steps, customer.ladder), actor, now)
    return customer


def set_up_invoice(
    session: Session,
    *,
    invoice_id: int,
    actor: str,
    now: datetime,
    off: bool | None = None,
    ladder_text: str | None = None,
) -> Invoice:
    """Switch an invoice's reminders, or give it a ladder (empty: the customer's). None leaves as it is.

    Raises NoSuchInvoice, BadLadder.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    switched_on = invoice.reminders_off and off is False
    _apply(invoice, off, ladder_text)
    session.flush()
    look_again(session, Invoice.invoice_id == invoice_id, now, switched_on=switched_on)
    state = "off" if invoice.reminders_off else "on"
    detail = f"reminders {state}, ladder {invoice.ladder or 'inherited from the customer'}"
    history.record(session, invoice_id=invoice_id, kind="reminders_set", actor=actor, now=now, detail=detail)
    return invoice


def _switch(customer: Customer) -> str:
    return "off" if customer.reminders_off else "on"


def _apply(target: Customer | Invoice, off: bool | None, ladder_text: str | None) -> None:
    if ladder_text is not None:
        target.ladder = ladder.write(ladder.checked(ladder_text)) if ladder_text.strip() else ""
    if off is not None:
        target.reminders_off = off


def look_again(
    session: Session, condition: ColumnElement[bool], now: datetime, *, switched_on: bool = False
) -> None:
    """Lock the owed invoices concerned, and have the ladder look at them.

    With `switched_on`, what passed while reminders were off is owed to nobody.
    """
    values: dict[str, datetime] = {"next_reminder_at": now}
    if switched_on:
        values["reminders_from"] = now
    owed = (condition, Invoice.status == InvoiceStatus.SENT, Invoice.shortfall > 0)
    # By id, as everybody who locks several invoices does.
    locked = select(Invoice.invoice_id).where(*owed).order_by(Invoice.invoice_id)
    session.execute(locked.with_for_update(key_share=True)).all()
    statement = update(Invoice).where(*owed).values(**values)
    session.execute(statement.execution_options(synchronize_session="fetch"))
