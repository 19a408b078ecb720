"""Compares the books with the sandbox's ledger after a payment storm, and says which invariants are broken.

Reads the ledger over HTTP and the tables by plain queries; no line is shared with the reconciler.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import (
    IN_FORCE,
    LIVE_ATTEMPTS,
    Channel,
    Dispute,
    GatewayEvent,
    GatewayEventState,
    Invoice,
    Message,
    Payment,
    PaymentAttempt,
    Refund,
    RefundStatus,
    TimelineEvent,
)
from tests.faults.market import Market

LIVE = ("requires_payment_method", "requires_confirmation", "requires_action", "processing")


class Breach(StrEnum):
    """How the books can be wrong (docs/architecture.md, "What always holds")."""

    LOST = "payment lost"
    INVENTED = "payment that Stripe does not have"
    AMOUNT = "amount differs"
    SHOWN = "a customer was charged something else than was shown"
    REFUND = "refunds differ"
    RECEIPT = "receipts and payments do not match"
    SUM = "an invoice's sums are not those of its payments"
    DOUBLE = "an invoice was charged twice"
    LIVE = "two intents that can be paid, or one that should not be"
    SURPLUS = "a surplus that is not shown"
    UNDONE = "something is still open"


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach, and what shows it."""

    breach: Breach
    what: str


@dataclass(frozen=True)
class Evidence:
    """The ledger beside the rows of the books."""

    charges: Mapping[str, int]
    """What Stripe charged, by intent."""
    refunds: Mapping[str, int]
    """What Stripe gave back and did not take back again, by intent."""
    live: Mapping[str, int]
    """The invoice of each intent that could be paid at this moment."""
    given: Mapping[int, set[str]]
    shown: Mapping[str, set[int]]
    """What customers were told each intent is for."""
    invoices: list[Invoice]
    payments: list[Payment]
    booked_refunds: list[Refund]
    receipts: Counter[int | None]
    attempts: list[PaymentAttempt]
    disputes: list[Dispute]
    events: list[GatewayEvent]
    overpaid: set[int]
    """Invoices whose history says that they are overpaid."""


def gather(market: Market, account: str) -> Evidence:
    """Read both sides."""
    ledger = market.control("ledger", "GET")["accounts"].get(account, {"charges": [], "refunds": []})
    given_back: Counter[str] = Counter()
    for refund in ledger["refunds"]:
        if refund["status"] in ("pending", "succeeded"):
            given_back[refund["payment_intent"]] += refund["amount"]
    intents = market.app.gateway.recent_intents(account=account, since=0)
    live = {one.id: int(one.invoice_id) for one in intents if one.status.value in LIVE}
    with market.app.reading() as session:
        receipts = select(Message.payment_id).where(Message.kind == "receipt")
        overpaid = select(TimelineEvent.invoice_id).where(TimelineEvent.kind == "overpaid")
        return Evidence(
            {charge["payment_intent"]: charge["amount"] for charge in ledger["charges"]},
            given_back,
            live,
            market.given,
            market.shown,
            rows(session, Invoice),
            rows(session, Payment),
            rows(session, Refund),
            Counter(session.scalars(receipts)),
            rows(session, PaymentAttempt),
            rows(session, Dispute),
            rows(session, GatewayEvent),
            set(session.scalars(overpaid)),
        )


def rows(session: Session, table: type[Any]) -> list[Any]:
    return list(session.scalars(select(table)))


def check(evidence: Evidence) -> list[Finding]:
    """Return every breach; an empty list is what a storm asks for."""
    checks = (_payments, _shown, _refunds, _receipts, _sums, _double, _live, _surplus, _undone)
    return [finding for one in checks for finding in one(evidence)]


def _payments(seen: Evidence) -> Iterator[Finding]:
    booked: dict[str, int] = defaultdict(int)
    for payment in seen.payments:
        if payment.channel is Channel.STRIPE:
            booked[payment.intent_id or f"none, payment {payment.payment_id}"] += payment.amount
    for intent, amount in seen.charges.items():
        if intent not in booked:
            yield Finding(Breach.LOST, f"{intent}: {amount}")
        elif booked[intent] != amount:
            yield Finding(Breach.AMOUNT, f"{intent}: {booked[intent]} in the books, {amount} at Stripe")
    for intent in booked.keys() - seen.charges.keys():
        yield Finding(Breach.INVENTED, f"{intent}: {booked[intent]}")


def _shown(seen: Evidence) -> Iterator[Finding]:
    for intent, amount in seen.charges.items():
        if seen.shown.get(intent) != {amount}:
            yield Finding(Breach.SHOWN, f"{intent}: {amount} charged, {seen.shown.get(intent)} shown")


def _refunds(seen: Evidence) -> Iterator[Finding]:
    intents = {payment.payment_id: payment.intent_id for payment in seen.payments}
    booked: Counter[str | None] = Counter()
    for refund in seen.booked_refunds:
        if refund.channel is Channel.STRIPE and refund.status in IN_FORCE:
            booked[intents[refund.payment_id]] += refund.amount
    for intent in booked.keys() | seen.refunds.keys():
        if booked[intent] != seen.refunds.get(intent or "", 0):
            yield Finding(
                Breach.REFUND, f"{intent}: {booked[intent]}, Stripe {seen.refunds.get(intent or '')}"
            )


def _receipts(seen: Evidence) -> Iterator[Finding]:
    paid = {payment.payment_id for payment in seen.payments}
    # What the host was paid it has receipted itself.
    told_elsewhere = {one.payment_id for one in seen.payments if one.channel is Channel.HOST}
    for payment_id in paid | seen.receipts.keys():
        if payment_id not in paid or (seen.receipts[payment_id] != 1 and payment_id not in told_elsewhere):
            yield Finding(Breach.RECEIPT, f"payment {payment_id}: {seen.receipts[payment_id]}")
    numbers = Counter(payment.receipt_number for payment in seen.payments)
    for number, count in numbers.items():
        if count > 1:
            yield Finding(Breach.RECEIPT, f"receipt number {number} on {count} payments")


def _sums(seen: Evidence) -> Iterator[Finding]:
    paid: Counter[int] = Counter()
    back: Counter[int] = Counter()
    for payment in seen.payments:
        paid[payment.invoice_id] += payment.amount
    for refund in seen.booked_refunds:
        if refund.status in IN_FORCE:
            back[refund.invoice_id] += refund.amount
    for invoice in seen.invoices:
        number = invoice.invoice_id
        if (invoice.amount_paid, invoice.amount_refunded) != (paid[number], back[number]):
            yield Finding(
                Breach.SUM,
                f"invoice {number}: paid {invoice.amount_paid}, refunded {invoice.amount_refunded};"
                f" its rows say {paid[number]} and {back[number]}",
            )


def _double(seen: Evidence) -> Iterator[Finding]:
    """Staff's refunds credit the invoice, so nothing is ever owed again: Stripe charges its total at most."""
    of_intent = {attempt.intent_id: attempt.invoice_id for attempt in seen.attempts}
    charged: Counter[int | None] = Counter()
    for intent, amount in seen.charges.items():
        charged[of_intent.get(intent)] += amount
    for invoice in seen.invoices:
        if charged[invoice.invoice_id] > invoice.total:
            yield Finding(Breach.DOUBLE, f"invoice {invoice.invoice_id}: {charged[invoice.invoice_id]}")
    if charged[None]:
        yield Finding(Breach.DOUBLE, f"{charged[None]} charged by intents that are in no invoice's books")


def _live(seen: Evidence) -> Iterator[Finding]:
    per_invoice = Counter(attempt.invoice_id for attempt in seen.attempts if attempt.status in LIVE_ATTEMPTS)
    for number, count in per_invoice.items():
        if count > 1:
            yield Finding(Breach.LIVE, f"invoice {number}: {count} live attempts in the books")
    payable = {invoice.invoice_id for invoice in seen.invoices if invoice.owed}
    held: Counter[int] = Counter()
    for intent, number in seen.live.items():
        # One whose secret nobody was given (Stripe failed after making it) can be paid by nobody.
        if intent in seen.given.get(number, ()):
            held[number] += 1
            if number not in payable:
                yield Finding(Breach.LIVE, f"invoice {number} is not owed, and {intent} can be paid")
    for number, count in held.items():
        if count > 1:
            yield Finding(
                Breach.LIVE, f"invoice {number}: {count} intents can be paid by who has their secret"
            )


def _surplus(seen: Evidence) -> Iterator[Finding]:
    credited = {refund.invoice_id for refund in seen.booked_refunds}
    for invoice in seen.invoices:
        if invoice.overpaid and invoice.invoice_id not in seen.overpaid | credited:
            yield Finding(Breach.SURPLUS, f"invoice {invoice.invoice_id}: {invoice.overpaid}")


def _undone(seen: Evidence) -> Iterator[Finding]:
    for event in seen.events:
        if event.state in (GatewayEventState.RECEIVED, GatewayEventState.DEAD):
            yield Finding(Breach.UNDONE, f"{event.event_id} is {event.state}: {event.reason}")
    for refund in seen.booked_refunds:
        if refund.status in (RefundStatus.REQUESTED, RefundStatus.PENDING):
            yield Finding(Breach.UNDONE, f"refund {refund.refund_id} is {refund.status}: {refund.failure}")
    for attempt in seen.attempts:
        if attempt.status in ("cancelling", "processing"):
            yield Finding(Breach.UNDONE, f"attempt {attempt.attempt_id} is {attempt.status}")
