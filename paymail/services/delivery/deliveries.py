"""Delivering messages: claim, render once, hand over, record how it ended.

One of the few use cases with several transactions: none may be open while rendering or talking SMTP
(ADR 0001), so it is given a `transaction` factory instead of a session.
"""

from paymail.services.delivery import outcomes
from paymail.services.delivery.batch import ASK_AGAIN, Batch
from paymail.services.delivery.context import DeliveryContext
from paymail.services.delivery.rate_limits import admit
from paymail.services.outbox import queue

__all__ = ["ASK_AGAIN", "AT_ONCE", "DeliveryContext", "deliver", "sweep"]

AT_ONCE = 20
"""Messages that are claimed together."""


def deliver(context: DeliveryContext, *, message_id: int | None = None) -> bool:
    """Deliver one due message (or `message_id`, if it is due); False when there was nothing to do."""
    return _deliver(context, most=1, only=message_id) > 0


def sweep(context: DeliveryContext, *, limit: int = 100) -> int:
    """Rescue expired handovers, then deliver up to `limit` due messages; return how many were worked on."""
    with context.transaction() as session:
        outcomes.rescue(session, now=context.now())
    done = 0
    while done < limit and not context.stopping():
        claimed = _deliver(context, most=min(AT_ONCE, limit - done))
        if not claimed:
            break
        done += claimed
    return done


def _deliver(context: DeliveryContext, *, most: int, only: int | None = None) -> int:
    """Claim up to `most` messages that are due, and deliver those; return how many were not given back.

    At least one where something was claimed: there may be more to do.
    """
    with context.transaction() as session:
        now = context.now()
        claims = queue.claim(session, now=now, lease=context.lease, limit=most, only=only)
        if not claims:
            return 0
        admitted = admit(session, claims=claims, default_rate=context.sender_rate, now=now)
    if not admitted:
        return 1
    context.failpoint("claimed")
    return max(len(admitted) - Batch(context, admitted).deliver(), 1)
