"""A customer asks for a new link on the page of one that has ended or was replaced.

Whoever asks learns nothing: whatever the token, the answer is the same, and the link goes by email to the
address on file and nowhere else.
"""

import re
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail.models import Invoice, Message, MessageKind
from paymail.services.core import history
from paymail.services.core.customers import written_to
from paymail.services.core.history import CUSTOMER
from paymail.services.core.invoices import load_invoice
from paymail.services.links import pay_links, replaced_tokens
from paymail.services.outbox import dedupe_keys, queue, suppressions

_TOKEN = re.compile(r"[0-9a-f]{64}")
PAUSE = timedelta(hours=1)
"""Between two new links of one invoice: the first may still be on its way."""


def request_new_link(session: Session, *, token: str, now: datetime) -> None:
    """Queue an email with a link, if `token` is an ended or replaced link of an issued, owed invoice.

    An ended link dies by it for good; of a replaced one the present link is mailed again, since whoever has
    an old one must not be able to end the newer. Says nothing of what it did: a link that is unknown,
    malformed, revoked or still good, and an invoice that is paid, void, a draft or an erased customer's,
    get no email.
    """
    if not _TOKEN.fullmatch(token):
        return
    invoice_id = session.scalar(select(Invoice.invoice_id).where(Invoice.payment_token == token))
    if invoice_id is None and (row := replaced_tokens.replaced(session, token=token)):
        invoice_id = row[0]
    if invoice_id is None:
        return
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if not _may_have_one(session, invoice, token, now):
        return
    if pay_links.ended(invoice, now=now):
        pay_links.replace(session, invoice=invoice, kind=pay_links.RENEWED, actor=CUSTOMER, now=now)
    queued = queue.add(
        session,
        dedupe_key=dedupe_keys.link(invoice_id=invoice_id, sequence=_asked_before(session, invoice_id) + 1),
        kind=MessageKind.LINK,
        invoice=invoice,
        actor=CUSTOMER,
        now=now,
        urgent=True,
    )
    history.record(
        session,
        invoice_id=invoice_id,
        kind="email_queued",
        actor=CUSTOMER,
        now=now,
        detail="the payment link",
        message_id=queued.message_id,
    )


def _may_have_one(session: Session, invoice: Invoice, token: str, now: datetime) -> bool:
    """Asked under the lock: somebody else may have asked a moment ago, and then an email is on its way."""
    if invoice.payment_token == token:
        if not pay_links.ended(invoice, now=now):
            return False
    elif replaced_tokens.replaced(session, token=token) is None:
        return False
    if not invoice.owed or invoice.customer.erased_at is not None:
        return False
    if suppressions.covers(session, addresses=written_to(invoice.customer, "invoices")):
        return False  # nobody would get the new one, and the old page still says whom to ask
    recent = select(Message.message_id).where(
        Message.invoice_id == invoice.invoice_id,
        Message.kind == MessageKind.LINK,
        Message.created_at > now - PAUSE,
    )
    return session.scalar(recent.limit(1)) is None


def _asked_before(session: Session, invoice_id: int) -> int:
    count = select(func.count()).where(Message.invoice_id == invoice_id, Message.kind == MessageKind.LINK)
    return session.scalar(count) or 0
