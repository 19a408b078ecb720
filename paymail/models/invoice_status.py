"""The two statuses of an invoice, with their legal moves."""

from enum import StrEnum

from paymail.models.moves import Moves


class InvoiceStatus(StrEnum):
    """Where the document stands."""

    DRAFT = "draft"
    """Not issued; the host may still change all of it. It cannot be paid; emailing it issues it."""
    SENT = "sent"
    """Issued and owed. Only staff move it on, to void."""
    VOID = "void"
    """Cancelled for good; it cannot be paid."""


class PaymentStatus(StrEnum):
    """Where the money stands. Moved only by the ledger, under the invoice's lock."""

    UNPAID = "unpaid"
    PARTIAL = "partial"
    """Some of the total arrived."""
    PROCESSING = "processing"
    """A slow method (bank debit) is clearing; nothing else may be started meanwhile."""
    PAID = "paid"
    REFUNDED = "refunded"
    PARTIALLY_REFUNDED = "partially_refunded"


STATUS_MOVES: Moves[InvoiceStatus] = {
    InvoiceStatus.DRAFT: frozenset({InvoiceStatus.SENT, InvoiceStatus.VOID}),
    InvoiceStatus.SENT: frozenset({InvoiceStatus.VOID}),
    InvoiceStatus.VOID: frozenset(),
}

_P = PaymentStatus
PAYMENT_MOVES: Moves[PaymentStatus] = {
    # After a credit note and a lost dispute it is unpaid, and paying the rest makes it partially refunded.
    _P.UNPAID: frozenset({_P.PARTIAL, _P.PROCESSING, _P.PAID, _P.REFUNDED, _P.PARTIALLY_REFUNDED}),
    _P.PARTIAL: frozenset({_P.UNPAID, _P.PROCESSING, _P.PAID, _P.REFUNDED, _P.PARTIALLY_REFUNDED}),
    _P.PROCESSING: frozenset({_P.UNPAID, _P.PARTIAL, _P.PAID, _P.REFUNDED, _P.PARTIALLY_REFUNDED}),
    # A lost dispute, or a refund that leaves the money owed, opens a paid invoice again.
    _P.PAID: frozenset({_P.REFUNDED, _P.PARTIALLY_REFUNDED, _P.PARTIAL, _P.UNPAID, _P.PROCESSING}),
    _P.PARTIALLY_REFUNDED: frozenset({_P.REFUNDED, _P.PAID, _P.PROCESSING, _P.PARTIAL, _P.UNPAID}),
    # A refund that fails afterwards undoes itself.
    _P.REFUNDED: frozenset({_P.PAID, _P.PARTIAL, _P.PARTIALLY_REFUNDED, _P.UNPAID, _P.PROCESSING}),
}
