"""Whatever a host says and customers, banks and staff do, in any order, the books stay true.

Each sequence has an invoice of its own. After each step the sweep has run once.
"""

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from paymail import db
from paymail.errors import PaymailError
from paymail.models import (
    AttemptStatus,
    Channel,
    Dispute,
    DisputeState,
    Invoice,
    Payment,
    PaymentAttempt,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from paymail.ports.payments import CANCELLABLE, IntentStatus
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger import entries
from paymail.services.payments import adjustments
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Cadence, equal_parts
from paymail.services.refunds import refund_requests
from tests.factories import NOW, LedgerGateway
from tests.services.imports.host_files import Row
from tests.services.imports.host_story import (
    DRAFT,
    LATER,
    OVERPAID,
    PAID,
    PART,
    SAVED_BY_EXCEL,
    UNPAID,
    VOID,
    HostStory,
)

SEQUENCES, STEPS = 25, 12
FILES: list[Row] = [UNPAID, SAVED_BY_EXCEL, PAID, PAID | LATER, PART, OVERPAID, VOID, DRAFT, LATER]
OURS = ("amount_refunded", "amount_charged_back", "amount_credited", "amount_written_off")
IN_FORCE = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


class Sequence(HostStory):
    """One invoice, to which anything may happen. What is refused is refused by a reason of ours."""

    def __init__(self, engine: Engine, number: int, gateway: LedgerGateway, chance: random.Random) -> None:
        super().__init__(engine, number, gateway)
        self.chance = chance

    def step(self) -> str:
        """Do something; return what."""
        acts: list[Callable[[], object]] = [
            *[self.file] * 6,
            *[self.card, self.debit] * 2,
            self.start,
            self.debit_ends,
            self.debit_ends,
            self.give_back,
            self.give_back,
            self.bank_asks,
            self.write_off,
            self.void,
            self.plan,
        ]
        act = self.chance.choice(acts)
        try:
            said = act()
        except PaymailError as error:
            said = error
        refund_requests.carry_out(self.context)
        self.sweep()
        return f"{act.__name__}: {said if isinstance(said, (str, PaymailError)) else ''}"

    def file(self) -> str:
        row = self.chance.choice(FILES)
        before, said = self.invoice(), Decimal(row.get("amount_paid", "0"))
        self.bring(row)
        self.sweep()  # of what was open, for which money had to wait
        self.bring(row)
        after = self.invoice()
        if before.payment_status is PaymentStatus.PROCESSING:
            assert after.payment_status is PaymentStatus.PROCESSING, "a file ended what clears"
        most = max(before.amount_paid, int(said * 100))
        assert after.amount_paid in (before.amount_paid, most), "more than the host knows of"
        if before.can_pay and after.status is before.status:
            assert after.amount_paid == most, "money that the host knows of is not here"
        assert [getattr(after, name) for name in OURS] == [getattr(before, name) for name in OURS]
        return str(row)

    def card(self) -> None:
        self.clear(self.start().id)

    def mine(self, *states: IntentStatus) -> list[str]:
        found = self.gateway.intents.values()
        return [one.id for one in found if one.invoice_id == str(self.number) and one.status in states]

    def debit_ends(self) -> None:
        for intent_id in self.mine(IntentStatus.PROCESSING):
            self.chance.choice([self.clear, self.bounce])(intent_id)

    def give_back(self) -> None:
        with db.reading(self.engine) as session:
            mine = select(func.count()).where(Payment.invoice_id == self.number)
            if not session.scalar(mine):
                return
        amount = self.chance.choice([1000, 2000, 8250])
        self.refund(owed_again=self.chance.random() < 0.5, amount=amount)

    def bank_asks(self) -> None:
        for intent_id in self.mine(IntentStatus.SUCCEEDED)[:1]:
            self.dispute(self.chance.choice(["needs_response", "lost", "won"]), intent_id)

    def void(self) -> None:
        with db.transaction(self.engine) as session:
            adjustments.void(session, invoice_id=self.number, reason="error", actor="amy", now=self.now)

    def plan(self) -> None:
        with db.transaction(self.engine) as session:
            balance = load_invoice(session, invoice_id=self.number).balance
            parts = equal_parts(balance, 2, NOW.date(), Cadence.MONTHLY)
            agreement.agree(session, invoice_id=self.number, parts=parts, actor="amy", now=self.now)


def total(session: Session, column: object, *conditions: object) -> int:
    return session.scalar(select(func.coalesce(func.sum(column), 0)).where(*conditions)) or 0  # type: ignore[call-overload]


def untrue(story: Sequence) -> list[str]:
    """Return what does not hold of the invoice."""
    number = story.number
    with db.reading(story.engine) as session:
        invoice = load_invoice(session, invoice_id=number)
        clearing = PaymentAttempt.status == AttemptStatus.PROCESSING
        clears = session.scalar(
            select(PaymentAttempt.attempt_id).where(PaymentAttempt.invoice_id == number, clearing)
        )
        paid = total(session, Payment.amount, Payment.invoice_id == number)
        given = total(session, Refund.amount, Refund.invoice_id == number, Refund.status.in_(IN_FORCE))
        lost = total(
            session, Dispute.amount, Dispute.invoice_id == number, Dispute.state == DisputeState.LOST
        )
        by_stripe = total(
            session, Payment.amount, Payment.invoice_id == number, Payment.channel == Channel.STRIPE
        )
        back_by_stripe = total(
            session, Refund.amount, Refund.invoice_id == number, Refund.channel == Channel.STRIPE,
            Refund.status.in_(IN_FORCE),
        )  # fmt: skip
    mine = {one.id: one for one in story.gateway.intents.values() if one.invoice_id == str(number)}
    refunds = [one.amount for one in story.gateway.refunds.values() if one.intent_id in mine]
    stripe = sum(one.amount_received for one in mine.values() if one.status is IntentStatus.SUCCEEDED)
    payable = [one.id for one in mine.values() if one.status in CANCELLABLE]
    holds = {
        "the status agrees with the amounts": invoice.payment_status
        is entries.status_of(invoice, clearing=clears is not None),
        "what arrived is the payments": invoice.amount_paid == paid,
        "what went back is the refunds": invoice.amount_refunded == given,
        "what banks took is the lost disputes": invoice.amount_charged_back == lost,
        "the books have Stripe's payments": by_stripe == stripe,
        "the books have Stripe's refunds": back_by_stripe == sum(refunds),
        "nothing can be paid that is not owed": invoice.owed or not payable,
    }
    return [what for what, true in holds.items() if not true]


@pytest.mark.thorough
def test_no_sequence_of_files_and_money_makes_the_books_untrue(engine: Engine) -> None:
    gateway = LedgerGateway()
    for number in range(1, SEQUENCES + 1):
        story = Sequence(engine, number, gateway, random.Random(number))
        story.bring(story.chance.choice([UNPAID, UNPAID, UNPAID, PART, DRAFT]))
        done: list[str] = []
        for _step in range(STEPS):
            done.append(story.step())
            assert untrue(story) == [], f"invoice {number} after {done}"
    with db.reading(engine) as session:
        reached = set(session.scalars(select(Invoice.payment_status)))
    assert reached >= {PaymentStatus.PAID, PaymentStatus.UNPAID, PaymentStatus.PARTIAL}
