"""Finding an invoice by its pay link, and whether a payment of it may be started."""

import re
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, Gone, NotFound
from paymail.models import Invoice, InvoiceStatus, PaymentStatus
from paymail.services.core.invoices import load_invoice
from paymail.services.links import replaced_tokens

_TOKEN = re.compile(r"[0-9a-f]{64}")


class NoSuchLink(NotFound):
    """The token is malformed or unknown; both look the same from outside."""

    code = "no_such_link"


class LinkExpired(Gone):
    """The link of an invoice was good once."""

    code = "link_expired"

    def __init__(self, invoice_id: int) -> None:
        super().__init__("this payment link has expired")
        self.invoice_id = invoice_id


class LinkReplaced(Gone):
    """Another link of an invoice has taken the place of this one, on the issuer's calendar on `on`."""

    code = "link_replaced"

    def __init__(self, invoice_id: int, on: date) -> None:
        super().__init__(f"this payment link was replaced on {on}; look for the newer email")
        self.invoice_id = invoice_id
        self.on = on


class NotPayable(Conflict):
    """The invoice cannot start a payment; the message says why."""

    code = "not_payable"


class AlreadyPaying(Conflict):
    """A payment has been made and is being settled or clearing."""

    code = "payment_in_progress"


class PaymentAwaited(Conflict):
    """A payment was begun that the customer makes by their own act; it can be cancelled for another."""

    code = "payment_waiting"


def find_by_token(session: Session, *, token: str, now: datetime, lock: bool = False) -> Invoice:
    """Return the invoice of a pay link, with issuer, customer and lines.

    Raises NoSuchLink, LinkReplaced, LinkExpired. Drafts are not shown: their link was never given to anybody.
    """
    if not _TOKEN.fullmatch(token):
        raise NoSuchLink("this payment link is not valid")
    found = session.execute(
        select(Invoice.invoice_id, Invoice.payment_token_expires_at, Invoice.status).where(
            Invoice.payment_token == token
        )
    ).one_or_none()
    if found is None or found.status is InvoiceStatus.DRAFT:
        raise _missed(session, token)
    if found.payment_token_expires_at is not None and found.payment_token_expires_at <= now:
        raise LinkExpired(found.invoice_id)
    return load_invoice(session, invoice_id=found.invoice_id, lock=lock)


def _missed(session: Session, token: str) -> NoSuchLink | LinkReplaced:
    """Return why a token leads nowhere; the same is asked of each, so that time tells nothing either."""
    row = replaced_tokens.replaced(session, token=token)
    return NoSuchLink("this payment link is not valid") if row is None else LinkReplaced(*row)


def check_payable(invoice: Invoice) -> None:
    """Raise NotPayable or AlreadyPaying unless a payment may be started."""
    if invoice.status is not InvoiceStatus.SENT:
        raise NotPayable(f"this invoice is {invoice.status}")
    if invoice.payment_status is PaymentStatus.PROCESSING:
        raise AlreadyPaying("a payment for this invoice is clearing")
    if not invoice.can_pay:
        raise NotPayable("this invoice has nothing left to pay")
    if not invoice.issuer.stripe_account:
        raise NotPayable("online payment is not set up for this invoice")
