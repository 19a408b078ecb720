"""What a drift is, in words and in money."""

from dataclasses import dataclass
from enum import StrEnum

from paymail.errors import PaymailError
from paymail.money import Money, from_stripe_amount
from paymail.ports.payment_errors import Unreadable
from paymail.ports.payments import Intent
from paymail.ports.reversals import Reversals


class Kind(StrEnum):
    """In what the books and Stripe differ."""

    NOT_RECORDED = "payment_not_recorded"
    """Stripe has the money of an invoice of ours, and the books do not."""
    NOT_AT_STRIPE = "payment_not_at_stripe"
    """The books have a payment that Stripe does not call succeeded."""
    AMOUNT = "amount_differs"
    """The same payment, with another amount or currency."""
    REFUNDS = "refunds_differ"
    """What went back of a payment is another sum."""
    DISPUTE = "dispute_differs"
    """A dispute is missing on one side, or ended differently."""
    UNKNOWN_INTENT = "intent_unknown_at_stripe"
    """The books have an intent that Stripe does not know on this account."""
    SECOND_INTENT = "second_live_intent"
    """An invoice has a live intent at Stripe that is not the one in the books."""
    UNKNOWN_STATUS = "status_unknown_here"
    """A payment, refund or dispute has a status at Stripe, or a form, that this version does not know."""
    UNKNOWN_INVOICE = "invoice_unknown_here"
    """An intent names an invoice that is not here: another system's, or another database's."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one side says, for people, and its amount where that is what differs."""

    text: str
    money: Money | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One drift. `invoice_ref` is the invoice's id as the books or Stripe's metadata have it."""

    kind: Kind
    account: str
    intent_id: str
    invoice_ref: str
    books: Side
    stripe: Side
    subject: str = ""
    """The refund or dispute that it is about, when an intent may have several."""

    @property
    def key(self) -> str:
        """The same drift has the same key in every run."""
        return f"{self.kind}:{self.account}:{self.subject or self.intent_id}"


def unfamiliar(intent: Intent, told: Reversals, account: str, invoice_ref: str) -> list[Finding]:
    """Return a drift for each status of an intent and what went back of it that paymail does not know."""
    met = [("", "payment", "not paid", intent.unfamiliar)]
    met += [(one.id, f"refund {one.id}", "pending", one.unfamiliar) for one in told.refunds]
    met += [(one.id, f"dispute {one.id}", "open", one.unfamiliar) for one in told.disputes]
    if told.left_out:
        met.append(
            (f"{intent.id}:left out", f"{told.left_out} refund(s) or dispute(s)", "absent", "not readable")
        )
    return [
        Finding(
            Kind.UNKNOWN_STATUS,
            account,
            intent.id,
            invoice_ref,
            Side(f"{what}: unknown status, treated as {taken}"),
            Side(f"{what}: status {word}"[:200]),
            subject,
        )
        for subject, what, taken, word in met
        if word
    ]


def unreadable(error: Unreadable, account: str, intent_id: str, invoice_ref: str) -> Finding:
    """Return the drift of an intent that this version of paymail cannot read."""
    ours = Side("cannot be compared")
    return Finding(Kind.UNKNOWN_STATUS, account, intent_id, invoice_ref, ours, Side(str(error)[:200]))


def stripe_side(words: str, amount: int, currency: str) -> Side:
    """Return what Stripe says with an amount in its minor units, whatever the currency."""
    try:
        money = Money(from_stripe_amount(amount, currency), currency)
        return Side(f"{words} {money}", money)
    except PaymailError:
        # A currency or fraction that paymail does not bill in; it must be reported all the same.
        return Side(f"{words} {amount} minor units of {currency}")
