"""Comparing an account with the books over some days: cheap lists first, then a close look at what differs.

Lists cost a call per hundred rows, a close look three calls; so only intents that the lists make suspect
are looked at, and those that were a drift before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import (
    IN_FORCE,
    AttemptStatus,
    Channel,
    Dispute,
    DisputeState,
    Drift,
    Invoice,
    Payment,
    PaymentAttempt,
    Refund,
)
from paymail.ports.payments import Intent, IntentStatus
from paymail.ports.reversals import GatewayRefund, Reversals
from paymail.services.core.contexts import GatewayContext
from paymail.services.reconciliation.drift import Finding, Kind, stripe_side
from paymail.services.reconciliation.examination import examine, number_of, unknown_invoice
from paymail.services.reconciliation.missed_events import batches
from paymail.services.refunds.disputes import state_of

CHUNK = 500
CLOCKS = timedelta(minutes=15)
"""How far Stripe's clock and ours may differ at the edge of the days."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared. `failures` are accounts that could not be asked, with the reason."""

    findings: tuple[Finding, ...]
    compared: tuple[str, ...]
    failures: dict[str, str]
    intents: int


@dataclass(slots=True)
class Suspects:
    """Intents to look at closely, in the order in which they came up; and what the lists said."""

    intents: dict[str, None] = field(default_factory=dict)
    agreed: set[str] = field(default_factory=set)
    foreign: list[Finding] = field(default_factory=list)
    listed: int = 0

    def add(self, intent_ids: Iterable[str | None]) -> None:
        """Add intents; a row without one is none, and what agrees is none."""
        fresh = (one for one in intent_ids if one and one not in self.agreed)
        self.intents.update(dict.fromkeys(fresh))


def compare_account(
    context: GatewayContext, *, account: str, since: datetime, mend: bool
) -> tuple[list[Finding], int]:
    """Return the drifts of an account's last days, and how many intents were compared.

    With `mend` what can be settled is settled first. Raises the gateway's kinds.
    """
    suspects, seconds = Suspects(), int(since.timestamp())
    listed = context.gateway.recent_intents(account=account, since=seconds)
    for batch in batches((intent for intent in listed if intent.invoice_id), CHUNK):
        with context.transaction() as session:
            _intents(session, account, batch, suspects)
    with context.transaction() as session:
        _from_books(session, account, since, suspects)
    suspects.agreed.clear()  # money may have gone back of what came in as it should
    told = context.gateway.recent_reversals(account=account, since=seconds)
    with context.transaction() as session:
        _refunds(session, account, since, told, suspects)
        _disputes(session, account, told, suspects)
    found = {finding.key: finding for finding in suspects.foreign}
    for intent_id in suspects.intents:
        close = examine(context, account=account, intent_id=intent_id, mend=mend)
        found |= {finding.key: finding for finding in close}
    return list(found.values()), suspects.listed


def _intents(session: Session, account: str, batch: list[Intent], suspects: Suspects) -> None:
    suspects.listed += len(batch)
    ids = [intent.id for intent in batch]
    payments = session.scalars(select(Payment).where(Payment.intent_id.in_(ids)))
    paid = {payment.intent_id: payment for payment in payments}
    open_ = select(PaymentAttempt.intent_id).where(
        PaymentAttempt.intent_id.in_(ids), PaymentAttempt.status != AttemptStatus.CANCELED
    )
    known = set(session.scalars(open_))
    numbers = {number_of(intent.invoice_id) for intent in batch}
    here = set(session.scalars(select(Invoice.invoice_id).where(Invoice.invoice_id.in_(numbers))))
    for intent in batch:
        if number_of(intent.invoice_id) not in here:
            suspects.foreign += unknown_invoice(intent, account)
            suspects.agreed.add(intent.id)
        elif _agrees(intent, paid.get(intent.id), known=intent.id in known):
            suspects.agreed.add(intent.id)
        else:
            suspects.add([intent.id])


def _agrees(intent: Intent, payment: Payment | None, *, known: bool) -> bool:
    if intent.unfamiliar:
        return False
    if intent.status is IntentStatus.CANCELED:
        return payment is None
    if intent.status is not IntentStatus.SUCCEEDED:
        return known and payment is None
    money = stripe_side("", intent.amount_received, intent.currency).money
    return (
        payment is not None
        and money is not None
        and (payment.amount, payment.currency) == (money.minor, money.currency)
    )


def _from_books(session: Session, account: str, since: datetime, suspects: Suspects) -> None:
    """What the books have of these days, and Stripe's list did not bear out."""
    payments = select(Payment.intent_id).where(
        Payment.account == account, Payment.channel == Channel.STRIPE, Payment.received_at >= since
    )
    attempts = select(PaymentAttempt.intent_id).where(
        PaymentAttempt.account == account, PaymentAttempt.created_at >= since
    )
    drifts = select(Drift.intent_id).where(
        Drift.account == account, Drift.gone_at.is_(None), Drift.kind != Kind.UNKNOWN_INVOICE
    )
    for statement in (payments, attempts, drifts):
        suspects.add(session.scalars(statement))


def _refunds(session: Session, account: str, since: datetime, told: Reversals, suspects: Suspects) -> None:
    theirs = {refund.id: refund for refund in told.refunds}
    for ids in batches(theirs, CHUNK):
        intents = {theirs[refund_id].intent_id for refund_id in ids}
        known = set(session.scalars(select(Payment.intent_id).where(Payment.intent_id.in_(intents))))
        rows = session.scalars(select(Refund).where(Refund.gateway_id.in_(ids)))
        booked = {row.gateway_id: row for row in rows}
        listed = [theirs[refund_id] for refund_id in ids if theirs[refund_id].intent_id in known]
        suspects.add(refund.intent_id for refund in listed if not _same(refund, booked.get(refund.id)))
    ours = (
        select(Refund.gateway_id, Payment.intent_id)
        .join(Payment, Payment.payment_id == Refund.payment_id)
        .where(
            Payment.account == account,
            Refund.channel == Channel.STRIPE,
            Refund.status.in_(IN_FORCE),
            Refund.created_at >= since + CLOCKS,
        )
    )
    suspects.add(intent for refund_id, intent in session.execute(ours) if refund_id not in theirs)


def _same(told: GatewayRefund, row: Refund | None) -> bool:
    if told.unfamiliar:
        return False
    money = stripe_side("", told.amount, told.currency).money
    return row is not None and money is not None and (row.amount, row.status) == (money.minor, told.status)


def _disputes(session: Session, account: str, told: Reversals, suspects: Suspects) -> None:
    rows = session.execute(
        select(Dispute.dispute_id, Dispute.state, Payment.intent_id)
        .join(Payment, Payment.payment_id == Dispute.payment_id)
        .where(Payment.account == account)
    )
    ours = {dispute_id: (state, intent) for dispute_id, state, intent in rows}
    suspects.add(intent for state, intent in ours.values() if state is DisputeState.OPEN)
    asked = {dispute.intent_id for dispute in told.disputes}
    known = set(session.scalars(select(Payment.intent_id).where(Payment.intent_id.in_(asked))))
    for dispute in told.disputes:
        state, _intent = ours.get(dispute.id, (None, ""))
        agrees = state is state_of(dispute) and not dispute.unfamiliar
        if dispute.intent_id in known and not agrees:
            suspects.add([dispute.intent_id])
