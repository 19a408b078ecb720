"""Payment methods that customers saved: with their consent, theirs alone, and removed for good."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from paymail.errors import Denied, InvalidInput, NotFound, PaymailError, Unavailable
from paymail.models import (
    AttemptStatus,
    GatewayCustomer,
    GatewayEvent,
    GatewayEventState,
    Invoice,
    Issuer,
    Payment,
    PaymentAttempt,
    SavedMethod,
    SavedMethodState,
    TimelineEvent,
)
from paymail.ports.payment_errors import KeySpent
from paymail.ports.payments import Event, Intent
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import addresses, erasure, method_removals, saved_methods
from paymail.services.customers.saved_methods import CONSENT, NoSuchMethod
from paymail.services.links.lookup import NotPayable
from paymail.services.payments import webhook_inbox
from paymail.services.payments.save_consents import CannotSave
from tests.factories import LedgerGateway, make_invoice
from tests.services.paying_customer import PayingCustomer

SAVED, REMOVING, REMOVED = SavedMethodState


@dataclass
class Moody(LedgerGateway):
    """Refuses what it is told to."""

    refusals: list[PaymailError] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    """Customers that are not at Stripe any more."""

    def create_intent(self, *, customer: str = "", **asked: Any) -> Intent:
        if customer in self.deleted:
            raise NotFound("No such customer")
        return super().create_intent(customer=customer, **asked)

    def create_customer(self, *, account: str, reference: str, idempotency_key: str) -> str:
        self.complain()
        return super().create_customer(account=account, reference=reference, idempotency_key=idempotency_key)

    def detach_method(self, *, account: str, method_id: str) -> None:
        self.complain()
        super().detach_method(account=account, method_id=method_id)

    def complain(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


class Saver(PayingCustomer):
    """A customer of an issuer that offers to save methods."""

    gateway: Moody

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, Moody())
        self.allow()

    def allow(self, allowed: bool = True) -> None:
        with self.transaction() as session:
            session.execute(update(Issuer).values(save_methods=allowed))

    def saved(self) -> list[SavedMethod]:
        with self.transaction() as session:
            return list(session.scalars(select(SavedMethod).order_by(SavedMethod.saved_method_id)))

    def states(self) -> list[SavedMethodState]:
        return [row.state for row in self.saved()]

    def lines(self) -> list[tuple[str, str, str]]:
        with self.transaction() as session:
            kinds = ("method_saved", "method_removed")
            found = select(TimelineEvent).where(TimelineEvent.kind.in_(kinds))
            return [
                (e.kind, e.actor, e.detail) for e in session.scalars(found.order_by(TimelineEvent.event_id))
            ]

    def remove(self, saved_method_id: int = 1, invoice_id: int = 502) -> None:
        with self.transaction() as session:
            saved_methods.remove(
                session,
                invoice=load_invoice(session, invoice_id=invoice_id, lock=True),
                saved_method_id=saved_method_id,
                actor="customer",
                now=self.now,
            )

    def another_invoice(self, *, same_customer: bool = True) -> None:
        """Go on with invoice 503, of this customer or of another one of the same name."""
        with self.transaction() as session:
            made = make_invoice(session, invoice_id=503)
            self.token = made.payment_token or ""
            if same_customer:
                made.customer_id = load_invoice(session, invoice_id=502).customer_id


@pytest.fixture
def saver(engine: Engine) -> Saver:
    return Saver(engine)


def test_a_ticked_method_is_saved_with_the_payment_and_its_consent(saver: Saver) -> None:
    saver.start(consent=CONSENT)
    ticked_at = saver.later(minutes=3)
    payment = saver.pay(consent=CONSENT)
    (row,) = saver.saved()
    assert (row.state, row.label, row.exp_month, row.exp_year) == (SAVED, "Visa ending 4242", 4, 2031)
    assert (row.consent, row.consented_at, row.invoice_id) == (CONSENT, ticked_at, 502)
    assert saver.gateway.attached[row.method_id] == saver.gateway.staying[payment.intent_id or ""]
    assert saver.lines() == [("method_saved", "webhook", "Visa ending 4242")]


def test_without_a_tick_nothing_stays_anywhere(saver: Saver) -> None:
    saver.pay()
    assert (saver.saved(), saver.all(GatewayCustomer), saver.gateway.attached) == ([], [], {})


@pytest.mark.parametrize(("consent", "allowed"), [("0", True), (CONSENT, False)])
def test_a_tick_for_another_text_or_none_starts_nothing(saver: Saver, consent: str, allowed: bool) -> None:
    saver.allow(allowed)
    with pytest.raises(NotPayable):
        saver.start(consent=consent)
    assert (saver.attempts(), saver.gateway.intents) == ([], {})


def test_a_tick_that_changes_is_another_intent_and_the_first_dies(saver: Saver) -> None:
    first = saver.start()
    second = saver.start(consent=CONSENT)
    third = saver.start()
    assert [saver.gateway.staying[i.id] != "" for i in (first, second, third)] == [False, True, False]
    assert [a.status for a in saver.attempts()] == [
        AttemptStatus.CANCELED,
        AttemptStatus.CANCELED,
        AttemptStatus.OPEN,
    ]
    saver.gateway.succeed(third.id)
    saver.tell("payment_intent.succeeded", third.id)
    assert saver.saved() == []


def test_a_customer_is_made_once_per_account_and_never_shared(saver: Saver) -> None:
    saver.start(consent=CONSENT)
    saver.start()
    saver.start(consent=CONSENT)
    assert len(saver.all(GatewayCustomer)) == 1
    with saver.transaction() as session:
        session.execute(update(Issuer).values(stripe_account="acct_new"))
    saver.start(consent=CONSENT)
    rows = saver.all(GatewayCustomer)
    assert [row.account for row in rows] == ["acct_sandbox", "acct_new"]
    assert rows[0].gateway_id != rows[1].gateway_id
    assert {saver.gateway.staying[a.intent_id or ""] for a in saver.attempts()[-1:]} == {rows[1].gateway_id}


def test_a_customer_whose_answer_was_lost_is_asked_for_with_the_same_key(saver: Saver) -> None:
    saver.gateway.refusals = [Unavailable("Stripe is away")]
    with pytest.raises(Unavailable):
        saver.start(consent=CONSENT)
    (before,) = saver.all(GatewayCustomer)
    saver.gateway.refusals = [KeySpent("Stripe had an internal error")]
    with pytest.raises(KeySpent):
        saver.start(consent=CONSENT)
    saver.start(consent=CONSENT)
    (after,) = saver.all(GatewayCustomer)
    assert (before.gateway_id, after.gateway_id is not None) == (None, True)
    assert after.idempotency_key != before.idempotency_key


def test_a_customer_that_stripe_refuses_does_not_stop_a_payment_without_the_tick(saver: Saver) -> None:
    saver.gateway.refusals = [InvalidInput("no")]
    with pytest.raises(CannotSave):
        saver.start(consent=CONSENT)
    saver.pay()
    assert saver.invoice().balance == 0


def test_a_newer_method_takes_the_place_of_the_older(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    saver.another_invoice()
    saver.pay(consent=CONSENT)
    assert saver.states() == [REMOVING, SAVED]
    method_removals.carry_out(saver.context)
    assert saver.states() == [REMOVED, SAVED]
    assert list(saver.gateway.attached) == [saver.saved()[1].method_id]


def test_the_same_news_again_saves_nothing_more(saver: Saver) -> None:
    payment = saver.pay(consent=CONSENT)
    saver.tell("payment_intent.succeeded", payment.intent_id or "")
    saver.remove()
    saver.tell("payment_intent.succeeded", payment.intent_id or "")
    assert (saver.states(), len(saver.lines())) == ([REMOVING], 2)


def test_a_removed_method_is_detached_however_often_stripe_is_away(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    saver.remove()
    saver.remove()
    with saver.transaction() as session:
        assert saved_methods.current(session, customer_id=1, account="acct_sandbox") is None
    saver.gateway.refusals = [Unavailable("Stripe is away"), Denied("not now")]
    assert method_removals.carry_out(saver.context) == 1
    (row,) = saver.saved()
    assert (row.state, row.tries, row.failure) == (REMOVING, 1, "Stripe is away")
    assert method_removals.carry_out(saver.context) == 0
    for _ in range(2):
        saver.later(hours=1)
        method_removals.carry_out(saver.context)
    (row,) = saver.saved()
    assert (row.state, row.failure, saver.gateway.attached) == (REMOVED, "", {})
    assert saver.lines()[1:] == [("method_removed", "customer", "Visa ending 4242")]


def test_nobody_removes_what_another_customer_saved(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    saver.another_invoice(same_customer=False)
    with pytest.raises(NoSuchMethod):
        saver.remove(1, invoice_id=503)
    with pytest.raises(NoSuchMethod):
        saver.remove(99)
    assert saver.states() == [SAVED]


def test_another_customer_does_not_see_it_though_the_issuer_is_the_same(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    saver.another_invoice(same_customer=False)
    with saver.transaction() as session:
        other = load_invoice(session, invoice_id=503)
        assert other.customer_id != saver.invoice().customer_id
        found = saved_methods.current(session, customer_id=other.customer_id, account="acct_sandbox")
        assert found is None
        assert saved_methods.may_save(session, invoice=other)


def test_a_method_of_a_customer_that_is_not_ours_is_detached_and_never_shown(saver: Saver) -> None:
    intent = saver.start(consent=CONSENT)
    saver.gateway.succeed(intent.id)
    stranger = replace(saver.gateway.intents[intent.id].reusable, customer="cus_stranger")  # type: ignore[type-var]
    saver.gateway.set(intent.id, reusable=stranger)
    saver.tell("payment_intent.succeeded", intent.id)
    assert (saver.invoice().balance, saver.states(), saver.saved()[0].label) == (0, [REMOVING], "")


def test_a_method_without_a_consent_on_record_is_detached(saver: Saver) -> None:
    intent = saver.start(consent=CONSENT)
    with saver.transaction() as session:  # as after a restore, when the attempt was adopted from Stripe
        session.execute(update(PaymentAttempt).values(consent="", consented_at=None))
    saver.gateway.succeed(intent.id)
    saver.tell("payment_intent.succeeded", intent.id)
    assert (saver.states(), saver.lines()) == ([REMOVING], [])
    method_removals.carry_out(saver.context)
    assert (saver.states(), saver.gateway.attached) == ([REMOVED], {})


def test_another_address_ends_what_was_saved(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    with saver.transaction() as session:
        addresses.change_email(
            session,
            customer_id=saver.invoice().customer_id,
            address="new@vacuum.example",
            actor="amy@staff.example",
            now=saver.now,
        )
    assert saver.states() == [REMOVING]
    assert saver.lines()[-1] == (
        "method_removed",
        "amy@staff.example",
        "Visa ending 4242: address changed",
    )


def test_a_customer_that_is_gone_at_stripe_is_made_anew_by_the_next_tick(saver: Saver) -> None:
    saver.start(consent=CONSENT)
    (before,) = saver.all(GatewayCustomer)
    saver.start()
    saver.gateway.deleted.add(before.gateway_id or "")  # type: ignore[attr-defined]
    with pytest.raises(CannotSave):
        saver.start(consent=CONSENT)
    (after,) = saver.all(GatewayCustomer)
    assert after.gateway_id is None  # type: ignore[attr-defined]
    assert after.idempotency_key != before.idempotency_key  # type: ignore[attr-defined]
    saver.pay(consent=CONSENT)
    assert saver.states() == [SAVED]


def test_an_account_that_is_gone_at_stripe_is_no_matter_of_the_tick(saver: Saver) -> None:
    saver.gateway.deleted.add("")
    with pytest.raises(NotFound):
        saver.start()


def test_a_method_on_a_former_account_is_not_shown_but_removed_with_the_others(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    with saver.transaction() as session:
        session.execute(update(Issuer).values(stripe_account="acct_new"))
    with saver.transaction() as session:
        invoice = load_invoice(session, invoice_id=502)
        assert saved_methods.may_save(session, invoice=invoice)
    moves(saver)
    assert saver.states() == [REMOVING]


def moves(saver: Saver) -> None:
    """Staff give the customer another address."""
    with saver.transaction() as session:
        customer_id = load_invoice(session, invoice_id=502).customer_id
        addresses.change_email(
            session, customer_id=customer_id, address="new@vacuum.example", actor="amy", now=saver.now
        )


def test_a_tick_of_before_another_address_saves_nothing(saver: Saver) -> None:
    intent = saver.start(consent=CONSENT)
    moves(saver)
    saver.gateway.succeed(intent.id)
    saver.tell("payment_intent.succeeded", intent.id)
    assert (saver.invoice().balance, saver.states()) == (0, [REMOVING])


def test_a_tick_of_before_another_address_saves_nothing_though_its_attempt_was_closed(saver: Saver) -> None:
    intent = saver.start(consent=CONSENT)
    with saver.transaction() as session:
        session.execute(update(PaymentAttempt).values(status=AttemptStatus.CANCELED))
    moves(saver)
    saver.gateway.succeed(intent.id)
    saver.tell("payment_intent.succeeded", intent.id)
    assert (saver.invoice().balance, saver.states()) == (0, [REMOVING])


def test_a_tick_after_another_address_counts_though_the_amount_is_another_too(saver: Saver) -> None:
    saver.allow_parts()
    saver.gateway.refusals = [Unavailable("Stripe is away")]
    with pytest.raises(Unavailable):
        saver.start(consent=CONSENT, amount=2000)
    moves(saver)
    saver.later(hours=1)
    saver.pay(consent=CONSENT, amount=3000)
    (row,) = saver.saved()
    assert (row.state, row.consented_at) == (SAVED, saver.now)


def test_whoever_ticks_after_another_address_saves(saver: Saver) -> None:
    intent = saver.start(consent=CONSENT)
    moves(saver)
    saver.later(hours=1)
    assert saver.start(consent=CONSENT).id == intent.id
    saver.gateway.succeed(intent.id)
    saver.tell("payment_intent.succeeded", intent.id)
    (row,) = saver.saved()
    assert (row.state, row.consented_at) == (SAVED, saver.now)


def test_an_erased_customers_method_is_forgotten_and_detached(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    with saver.transaction() as session:
        session.execute(update(Invoice).values(next_reminder_at=None))
        for message in saver.mails("receipt"):
            session.merge(message).state = "sent"  # type: ignore[assignment]
        erasure.erase_customer(
            session, customer_id=saver.invoice().customer_id, actor="amy@staff.example", now=saver.now
        )
    (row,) = saver.saved()
    assert (row.state, row.brand, row.last4, row.exp_year) == (REMOVING, "", "", None)
    method_removals.carry_out(saver.context)
    assert (saver.states(), saver.gateway.attached) == ([REMOVED], {})
    assert saver.lines()[-1][2] == "customer erased"


def hear(saver: Saver, method_id: str, account: str = "acct_sandbox") -> GatewayEventState:
    """Stripe says that a method was detached; return how the event ended."""
    event = Event(
        f"evt_{method_id}{account}", webhook_inbox.METHOD_DETACHED, account, False, "", 1, method_id
    )
    with saver.transaction() as session:
        webhook_inbox.receive_event(session, event=event, live=False, now=saver.now)
    webhook_inbox.work_events(saver.context)
    with saver.transaction() as session:
        return session.get_one(GatewayEvent, event.id).state


def test_a_method_detached_at_stripe_is_removed_here(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    (row,) = saver.saved()
    saver.gateway.attached.clear()
    assert hear(saver, row.method_id) is GatewayEventState.DONE
    assert (saver.states(), saver.lines()[-1]) == (
        [REMOVED],
        ("method_removed", "stripe", "Visa ending 4242"),
    )


def test_what_stripe_does_not_confirm_stays(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    (row,) = saver.saved()
    assert hear(saver, row.method_id) is GatewayEventState.DONE
    assert hear(saver, row.method_id, "acct_other") is GatewayEventState.IGNORED
    assert hear(saver, "pm_stranger") is GatewayEventState.IGNORED
    assert saver.states() == [SAVED]


def test_a_saved_method_is_never_charged_by_saving_or_removing(saver: Saver) -> None:
    saver.pay(consent=CONSENT)
    saver.remove()
    method_removals.carry_out(saver.context)
    with saver.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 1
    assert len(saver.gateway.intents) == 1
