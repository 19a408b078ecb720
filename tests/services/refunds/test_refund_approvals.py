"""Above an issuer's sum one person asks for a refund and another approves it; before that nothing goes."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, update

from paymail.db import make_engine
from paymail.errors import PaymailError
from paymail.models import (
    Channel,
    Dispute,
    DisputeState,
    Issuer,
    Refund,
    RefundStatus,
    Role,
    StaffRole,
    StaffUser,
)
from paymail.ports.reversals import GatewayRefund
from paymail.services.access.roles import NotAllowed
from paymail.services.refunds import refund_approvals, refund_references, refund_requests
from paymail.services.refunds.refund_approvals import AlreadyDecided, NotYours, OwnRefund
from paymail.services.refunds.refund_limits import BadRefund, NotRefundable
from paymail.services.refunds.refund_requests import RefundOrder
from tests.lender import Lender
from tests.services.blocked import wait_until_blocked
from tests.services.paying_customer import PayingCustomer

AMY, BEN, VIC = "amy@staff.example", "ben@staff.example", "vic@staff.example"
_S = RefundStatus


def careful(engine: Engine, limit: int | None = 5000) -> PayingCustomer:
    """Invoice 502 of AUD 82.50 is paid by card; refunds from AUD 50.00 need a second person."""
    payer = PayingCustomer(engine)
    payer.pay()
    with payer.transaction() as session:
        session.execute(update(Issuer).values(refund_approval_from=limit))
        for address, role in ((AMY, Role.REFUNDER), (BEN, Role.ADMIN), (VIC, Role.BILLER)):
            person = StaffUser(email=address, password_hash="x", created_at=payer.now)
            session.add(person)
            session.flush()
            session.add(StaffRole(user_id=person.user_id, issuer_id=None, role=role))
    return payer


def ask(payer: PayingCustomer, amount: int, channel: Channel = Channel.STRIPE, **more: object) -> Refund:
    """Amy asks for this much back, and the sweep runs."""
    actor = str(more.pop("actor", AMY))
    with payer.transaction() as session:
        order = RefundOrder(amount, channel, **more)  # type: ignore[arg-type]
        asked = refund_requests.request(session, payment_id=1, order=order, actor=actor, now=payer.now)
    refund_requests.carry_out(payer.context)
    return asked


def approve(payer: PayingCustomer, person: str = BEN, refund_id: int = 1) -> None:
    with payer.transaction() as session:
        refund_approvals.approve(session, refund_id=refund_id, person=person, now=payer.now)
    refund_requests.carry_out(payer.context)


def statuses(payer: PayingCustomer) -> list[RefundStatus]:
    return [one.status for one in payer.refunds()]


def test_a_refund_above_the_sum_reaches_stripe_once_another_person_approves_it(engine: Engine) -> None:
    payer = careful(engine)
    assert ask(payer, 5000).status is _S.PROPOSED
    assert (payer.gateway.refunds, payer.invoice().amount_refunded, payer.mails("refund")) == ({}, 0, [])
    approve(payer)
    with pytest.raises(AlreadyDecided, match=BEN):
        approve(payer)
    (refund,) = payer.refunds()
    assert (refund.status, refund.decided_by, refund.credited, refund.actor) == (_S.SUCCEEDED, BEN, 5000, AMY)
    assert len(payer.gateway.refunds) == 1
    assert payer.invoice().amount_refunded == 5000
    assert (payer.happened("refund_proposed"), payer.happened("refund_approved")) == (1, 1)


def test_a_smaller_one_or_without_a_sum_goes_at_once(engine: Engine) -> None:
    payer = careful(engine)
    assert ask(payer, 4999).status is _S.REQUESTED
    with payer.transaction() as session:
        session.execute(update(Issuer).values(refund_approval_from=None))
    assert ask(payer, 3251).status is _S.REQUESTED
    assert statuses(payer) == [_S.SUCCEEDED, _S.SUCCEEDED]


def test_parts_of_one_payment_count_together_also_those_that_wait(engine: Engine) -> None:
    payer = careful(engine)
    assert ask(payer, 4000).status is _S.REQUESTED
    assert ask(payer, 1000).status is _S.PROPOSED
    assert ask(payer, 1, Channel.CASH).status is _S.PROPOSED
    assert len(payer.gateway.refunds) == 1


def test_of_another_currency_than_the_issuers_every_refund_waits(engine: Engine) -> None:
    payer = careful(engine, limit=10**9)
    with payer.transaction() as session:
        session.execute(update(Issuer).values(currency="EUR"))
    assert ask(payer, 1).status is _S.PROPOSED


@pytest.mark.parametrize(
    ("person", "refusal"),
    [(AMY, OwnRefund), (VIC, NotAllowed), ("cli", NotAllowed), ("till (key abc)", NotAllowed)],
)
def test_only_another_person_who_may_refund_approves(
    engine: Engine, person: str, refusal: type[PaymailError]
) -> None:
    payer = careful(engine)
    ask(payer, 8250)
    with pytest.raises(refusal):
        approve(payer, person)
    assert (statuses(payer), payer.gateway.refunds) == ([_S.PROPOSED], {})


def test_a_person_who_was_removed_or_is_of_another_issuer_approves_nothing(engine: Engine) -> None:
    payer = careful(engine)
    ask(payer, 8250)
    with payer.transaction() as session:
        session.execute(update(StaffUser).where(StaffUser.email == BEN).values(disabled_at=payer.now))
    with pytest.raises(NotAllowed):
        approve(payer)
    with payer.transaction() as session:
        session.execute(update(StaffUser).values(disabled_at=None))
        other = Issuer(name="Other", email="o@o.example", created_at=payer.now)
        session.add(other)
        session.flush()
        session.execute(update(StaffRole).values(issuer_id=other.issuer_id))
    with pytest.raises(NotAllowed):
        approve(payer)


def test_what_waits_cannot_be_asked_for_twice_and_is_free_again_once_it_ends(engine: Engine) -> None:
    payer = careful(engine)
    ask(payer, 5000)
    with pytest.raises(BadRefund, match=r"up to AUD 32\.50"):
        ask(payer, 3251)
    with payer.transaction() as session:
        refund_approvals.refuse(session, refund_id=1, reason="Too much", actor=BEN, now=payer.now)
    ask(payer, 8250)
    with payer.transaction() as session, pytest.raises(NotYours):
        refund_approvals.withdraw(session, refund_id=2, actor=BEN, now=payer.now)
    with payer.transaction() as session:
        refund_approvals.withdraw(session, refund_id=2, actor=AMY, now=payer.now)
    assert statuses(payer) == [_S.REFUSED, _S.WITHDRAWN]
    assert [(one.failure, one.decided_by) for one in payer.refunds()] == [("Too much", BEN), ("", "")]
    for refund_id in (1, 2):
        with pytest.raises(AlreadyDecided):
            approve(payer, refund_id=refund_id)
    assert payer.gateway.refunds == {}


def test_what_the_books_do_not_allow_any_more_is_not_approved(engine: Engine) -> None:
    payer = careful(engine)
    ask(payer, 6000)
    (payment,) = payer.payments()
    intent = str(payment.intent_id)
    payer.gateway.refunds["re_d"] = GatewayRefund("re_d", intent, 7000, "AUD", "succeeded")
    payer.tell("refund.updated", intent)
    with pytest.raises(BadRefund, match=r"up to AUD 12\.50"):
        approve(payer)
    assert len(payer.gateway.refunds) == 1


def test_a_payment_that_is_disputed_meanwhile_is_not_refunded(engine: Engine) -> None:
    payer = careful(engine)
    ask(payer, 6000)
    with payer.transaction() as session:
        session.add(
            Dispute(
                dispute_id="dp_1",
                invoice_id=502,
                payment_id=1,
                amount=8250,
                currency="AUD",
                state=DisputeState.OPEN,
                gateway_status="needs_response",
                opened_at=payer.now,
                updated_at=payer.now,
            )
        )
    with pytest.raises(NotRefundable):
        approve(payer)
    assert payer.gateway.refunds == {}


def test_money_sent_another_way_counts_once_it_is_approved(engine: Engine) -> None:
    payer = careful(engine)
    ask(payer, 6000, Channel.BANK_TRANSFER, owed_again=True)
    assert (payer.invoice().amount_refunded, payer.invoice().balance) == (0, 0)
    approve(payer)
    invoice = payer.invoice()
    assert (invoice.amount_refunded, invoice.amount_credited, invoice.balance) == (6000, 0, 6000)


def test_what_stripe_tells_of_a_refund_that_a_backup_knew_as_waiting_is_believed(engine: Engine) -> None:
    payer = careful(engine)
    refund = ask(payer, 6000)
    (payment,) = payer.payments()
    payer.gateway.refunds["re_1"] = GatewayRefund(
        "re_1",
        str(payment.intent_id),
        6000,
        "AUD",
        "succeeded",
        reference=refund_references.reference_of(refund),
    )
    payer.tell("refund.updated", str(payment.intent_id))
    assert (statuses(payer), payer.invoice().amount_credited) == ([_S.SUCCEEDED], 6000)


@pytest.fixture
def on_server(lender: Lender) -> Iterator[Engine]:
    """PostgreSQL: SQLite has one writer at a time."""
    with lender.lend() as url:
        engine = make_engine(url)
        yield engine
        engine.dispose()


def test_of_two_people_who_approve_at_once_the_second_is_told(on_server: Engine) -> None:
    payer = careful(on_server)
    ask(payer, 8250, actor="till (key abc)")
    with ThreadPoolExecutor(1) as pool:
        with payer.transaction() as session:
            refund_approvals.approve(session, refund_id=1, person=AMY, now=payer.now)
            session.flush()
            second: Future[object] = pool.submit(approve, payer, BEN)
            wait_until_blocked(on_server, second)
        with pytest.raises(AlreadyDecided, match=AMY):
            second.result()
    refund_requests.carry_out(payer.context)
    assert len(payer.gateway.refunds) == 1


def test_of_two_who_ask_for_parts_at_once_the_second_sees_the_first(on_server: Engine) -> None:
    payer = careful(on_server)
    order = RefundOrder(4000, Channel.STRIPE)
    with ThreadPoolExecutor(1) as pool:
        with payer.transaction() as session:
            refund_requests.request(session, payment_id=1, order=order, actor=AMY, now=payer.now)
            session.flush()
            second: Future[object] = pool.submit(ask, payer, 4000, actor=BEN)
            wait_until_blocked(on_server, second)
        second.result()
    assert sorted(statuses(payer)) == [_S.PROPOSED, _S.SUCCEEDED]
