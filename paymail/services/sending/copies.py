"""A copy of an invoice or a receipt to one further address, which staff or the customer name."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound, TooMany
from paymail.models import OPEN_STATES, Invoice, InvoiceStatus, Message, MessageKind, MessageState, Payment
from paymail.services.core import history
from paymail.services.core.customers import CustomerErased
from paymail.services.core.email_addresses import checked_copy
from paymail.services.core.history import CUSTOMER
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.core.tax_invoices import NoValidAbn, missing_abn
from paymail.services.outbox import dedupe_keys, queue, suppressions
from paymail.services.outbox.suppressions import normalised

PERIOD: Final = timedelta(days=1)
MOST: Final = 5
"""Copies of one invoice and its receipts within PERIOD that customers ask for, and as many by staff: nobody
is to mail strangers by it."""


_CAME_TO_NOTHING = (
    MessageState.FAILED,
    MessageState.CANCELLED,
    MessageState.SUPPRESSED,
    MessageState.BOUNCED,
)


class TooManyCopies(TooMany):
    """So many copies of this invoice were asked for that it must wait."""

    code = "too_many_copies"


class NotCopied(Conflict):
    """There is nothing to copy yet or any more, or the address must not be mailed."""

    code = "not_copied"


class NoPaymentOfIt(NotFound):
    """This invoice has no such payment."""

    code = "no_such_payment"


def send_copy(
    session: Session,
    *,
    invoice_id: int,
    to: str,
    actor: str,
    now: datetime,
    payment_id: int | None = None,
) -> queue.Queued:
    """Queue a copy of the invoice, or of the receipt of `payment_id`, to the address `to`.

    The same copy to the same address on the same day (of the issuer) is one email, however often it is asked
    for; one that came to nothing is made again, and an invoice on which something was received since is
    another copy. Raises NoSuchInvoice, NoPaymentOfIt, BadAddress, NotCopied,
    NoValidAbn, CustomerErased, TooManyCopies.
    """
    address = checked_copy(to)
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    _check(session, invoice, payment_id, address)
    key, standing = _key(session, invoice, payment_id, normalised(address), now)
    if standing is not None:
        return queue.Queued(standing.message_id, created=False)
    _check_rate(session, invoice_id, actor, now)
    queued = queue.add(
        session,
        dedupe_key=key,
        kind=MessageKind.COPY,
        invoice=invoice,
        actor=actor,
        now=now,
        recipient=address,
        payment_id=payment_id,
    )
    what = "the invoice" if payment_id is None else f"the receipt of payment {payment_id}"
    history.record(
        session,
        invoice_id=invoice_id,
        kind="email_queued",
        actor=actor,
        now=now,
        detail=f"a copy of {what} to {address}",
        message_id=queued.message_id,
        quotes_customer=True,
    )
    return queued


def sent_earlier(session: Session, queued: queue.Queued) -> bool:
    """Whether a copy that was asked for is none of now: it went out earlier today."""
    return not queued.created and session.get_one(Message, queued.message_id).state not in OPEN_STATES


def _key(
    session: Session, invoice: Invoice, payment_id: int | None, to: str, now: datetime
) -> tuple[str, Message | None]:
    """Return the key of today's copy, and the email that has it already and did not come to nothing."""
    on = local_date(invoice.issuer, now)
    sequence = 0
    while True:
        sequence += 1
        key = dedupe_keys.copy(
            invoice_id=invoice.invoice_id,
            payment_id=payment_id,
            to=to,
            on=on,
            received=invoice.received,
            sequence=sequence,
        )
        found = session.scalars(select(Message).where(Message.dedupe_key == key)).one_or_none()
        if found is None or found.state not in _CAME_TO_NOTHING:
            return key, found


def _check(session: Session, invoice: Invoice, payment_id: int | None, address: str) -> None:
    if invoice.customer.erased_at is not None:
        raise CustomerErased("this customer's personal data has been erased, so no email can be sent")
    if invoice.status is not InvoiceStatus.SENT:
        raise NotCopied(f"invoice {invoice.number} is {invoice.status}, so no copy of it can be sent")
    if payment_id is not None:
        payment = session.get(Payment, payment_id)
        if payment is None or payment.invoice_id != invoice.invoice_id:
            raise NoPaymentOfIt(f"payment {payment_id} not found")
    elif reason := missing_abn(invoice):
        raise NoValidAbn(reason)
    if suppressions.active(session, address=address):
        raise NotCopied("this address is suppressed, so nothing can be sent to it")


def _check_rate(session: Session, invoice_id: int, actor: str, now: datetime) -> None:
    """Count what customers ask for apart from what staff do: an outsider must not use up their share."""
    outside = Message.actor == CUSTOMER
    recent = (
        select(func.count(), func.min(Message.created_at))
        .where(Message.invoice_id == invoice_id)
        .where(Message.kind == MessageKind.COPY, Message.created_at > now - PERIOD)
        .where(outside if actor == CUSTOMER else ~outside)
    )
    count, first = session.execute(recent).one()
    if count >= MOST:
        wait = max(int((first + PERIOD - now).total_seconds()), 60)
        raise TooManyCopies(f"{MOST} copies of this invoice were sent within a day; try again later", wait)
