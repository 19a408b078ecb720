"""What a refund at Stripe names our row by, so that an answer that was lost is found again.

After a restore ids are given a second time. The moment at which a row was written is not: so a refund made
after the backup, whose row is lost, is not taken for that of a later row.
"""

from datetime import UTC, timedelta

from paymail.models import Refund
from paymail.money import from_stripe_amount
from paymail.ports.reversals import GatewayRefund

CLOCKS = timedelta(minutes=5)
"""How far our clock may be ahead of Stripe's."""
_DIGITS = 18
"""An id of up to so many fits its column."""


def reference_of(refund: Refund) -> str:
    """Return the reference of a row: its id, and when it was written (UTC, microseconds).

    A backup may know an approved one as waiting: the reference is the same before and after the approval.
    """
    written = refund.asked_at or refund.created_at
    return f"{refund.refund_id}-{written.astimezone(UTC):%Y%m%d%H%M%S%f}"


def id_in(reference: str) -> int | None:
    """Return the id that a reference names; None if somebody else wrote it."""
    number = reference.partition("-")[0]
    return int(number) if number.isascii() and number.isdecimal() and len(number) <= _DIGITS else None


def is_of(told: GatewayRefund, refund: Refund) -> bool:
    """Whether a refund at Stripe was asked for by this row.

    Code before gave the id alone: such a one is this row's if it is no older and of the same amount.
    """
    if told.reference == reference_of(refund):
        return True
    return (
        told.reference == str(refund.refund_id)
        and told.created >= int((refund.created_at - CLOCKS).timestamp())
        and from_stripe_amount(told.amount, refund.currency) == refund.amount
    )
