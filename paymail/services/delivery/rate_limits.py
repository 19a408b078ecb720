"""Taking the tokens that claimed messages need: their senders', and their bulk sends'."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import BulkSend, Invoice, Issuer, Message
from paymail.services.outbox import claimed, gates
from paymail.services.outbox.queue import Claim


def admit(session: Session, *, claims: Sequence[Claim], default_rate: int, now: datetime) -> list[Claim]:
    """Take the tokens of claims, in the transaction that claimed them; put back and leave out the rest.

    `default_rate` (emails a minute, 0 is no limit) is for issuers without a rate of their own.
    What is for staff takes none.
    """
    needs = _needs(session, claims, default_rate)
    buckets: dict[tuple[str, int], int] = {}
    for one in needs.values():
        for bucket in one:
            buckets[bucket] = buckets.get(bucket, 0) + 1
    left = {
        bucket: gates.take(session, key=bucket[0], rate=bucket[1], now=now, wanted=wanted)
        for bucket, wanted in sorted(buckets.items())  # in one order, so that two never wait crosswise
    }
    admitted = []
    for claim in claims:
        needed = needs.get(claim.message_id, [])
        if all(left[bucket] > 0 for bucket in needed):
            admitted.append(claim)
            for bucket in needed:
                left[bucket] -= 1
    if rest := [claim for claim in claims if claim not in admitted]:
        claimed.give_back(session, claims=rest)
    return admitted


def _needs(session: Session, claims: Sequence[Claim], default_rate: int) -> dict[int, list[tuple[str, int]]]:
    """Return the buckets of each message: key and rate, of those that have a rate."""
    ids = [claim.message_id for claim in claims if claim.kind not in TO_STAFF]
    statement = (
        select(Message.message_id, Message.sender_gate, Message.bulk_id, Issuer.sender_rate, BulkSend.rate)
        .join(Invoice, Invoice.invoice_id == Message.invoice_id)
        .join(Issuer, Issuer.issuer_id == Invoice.issuer_id)
        .outerjoin(BulkSend, BulkSend.bulk_id == Message.bulk_id)
        .where(Message.message_id.in_(ids))
    )
    found = {}
    for message_id, sender_gate, bulk_id, sender_rate, bulk_rate in session.execute(statement):
        both = [(sender_gate, gates.rate_of(sender_rate) or default_rate)]
        if bulk_id is not None:
            both.append((gates.bulk(bulk_id), bulk_rate))
        found[message_id] = [bucket for bucket in both if bucket[1]]
    return found
