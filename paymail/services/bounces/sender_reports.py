"""Whether a report that a receiver refuses us may stop all mail there: anybody can make one up."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import TO_NAMED, Bounce, Invoice, Message
from paymail.services.bounces.report import RELAY_LOG, Kind
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox.gates import REFUSED_FOR
from paymail.services.outbox.refusal_causes import blames_sender
from paymail.services.outbox.suppressions import domain_of

_MOST = 100


def believed(session: Session, *, message: Message, address: str, source: str, now: datetime) -> bool:
    """Return whether the way to the domain of `address` (normalised) is closed on a report from `source`.

    An email to an address that somebody named proves nothing. What our own relay wrote down is enough. Of
    other reports there must be one about another customer of the issuer, at another address of that domain,
    within a day: whoever was sent an email has all that it takes to make up a report about it, but not about
    an email to somebody else.
    """
    if message.kind in TO_NAMED:
        return False
    if source == RELAY_LOG:
        return True
    invoice = load_invoice(session, invoice_id=message.invoice_id)
    statement = (
        select(Bounce.status, Bounce.detail)
        .join(Message, Message.message_id == Bounce.message_id)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .where(
            Bounce.kind == Kind.HARD,
            Bounce.received_at > now - REFUSED_FOR,
            Bounce.recipient.endswith(f"@{domain_of(address)}", autoescape=True),
            Bounce.recipient != address,
            Message.kind.not_in((*TO_STAFF, *TO_NAMED)),
            Invoice.issuer_id == invoice.issuer_id,
            Invoice.customer_id != invoice.customer_id,
        )
        .order_by(Bounce.bounce_id.desc())
        .limit(_MOST)
    )
    return any(blames_sender(f"{status} {detail}") for status, detail in session.execute(statement))
