"""Taking the tokens that a claimed message needs: its sender's, and its bulk send's."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import BulkSend, Invoice, Issuer, Message
from paymail.services.outbox import gates, queue
from paymail.services.outbox.queue import Claim


def admit(session: Session, *, claim: Claim, default_rate: int, now: datetime) -> bool:
    """Take the tokens of a claim's rates, in the transaction that claimed it; else put the message back.

    `default_rate` (emails a minute, 0 is no limit) is for issuers without a rate of their own.
    What is for staff takes none.
    """
    if claim.kind in TO_STAFF:
        return True
    statement = (
        select(Message.sender_gate, Message.bulk_id, Issuer.sender_rate, BulkSend.rate)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .join(Issuer, Issuer.issuer_id == Invoice.issuer_id)
        .outerjoin(BulkSend, BulkSend.bulk_id == Message.bulk_id)
        .where(Message.message_id == claim.message_id)
    )
    sender_gate, bulk_id, sender_rate, bulk_rate = session.execute(statement).one()
    rate = gates.rate_of(sender_rate) or default_rate
    admitted = gates.take(session, key=sender_gate, rate=rate, now=now) and (
        bulk_id is None or gates.take(session, key=gates.bulk(bulk_id), rate=bulk_rate, now=now)
    )
    if not admitted:
        queue.put_back(session, claim=claim)
    return admitted
