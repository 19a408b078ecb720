"""The customer's side: starting a payment for what is owed.

`start_payment` has two transactions around the call to Stripe (ADR 0001). What was decided before the
call is stored before it, so a crash between them cannot make a second intent.
"""

from typing import NamedTuple

from paymail import observability
from paymail.db import after_commit
from paymail.errors import Conflict, InvalidInput, Misconfigured, NotFound, Rejected
from paymail.models import AttemptStatus, Invoice, PaymentAttempt
from paymail.money import from_stripe_amount, stripe_amount
from paymail.ports.payment_errors import KeySpent, KeyTaken
from paymail.ports.payments import REUSABLE, Intent, IntentStatus
from paymail.services.core import restores
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.ledger.attempts import (
    Terms,
    fresh_key,
    live_attempt,
    mark_cancelling,
    new_attempt,
    renew_consent,
    replan,
    terms_of,
    wanted_terms,
)
from paymail.services.links.lookup import (
    AlreadyPaying,
    NotPayable,
    PaymentAwaited,
    check_payable,
)
from paymail.services.links.viewing import act_by_token
from paymail.services.payments import settlement
from paymail.services.payments.card_testing import check_not_tested
from paymail.services.payments.former_accounts import cut_off, give_up
from paymail.services.payments.save_consents import check_consent, customer_for, refused
from paymail.services.payments.settlement import StaleRead
from paymail.services.payments.unrecorded import ask_after_restore
from paymail.services.payments.withdrawal import withdraw
from paymail.services.plans.choice import check_amount, suggested

log = observability.logger(__name__)
SOURCE = "checkout"
_AWAITED = "a payment for this invoice waits for you to make it; reload the page to see it or to cancel it"
TURNS = 3
"""How often the intent of another window is cleared away before a customer is told to look again."""


class PaymentReplaced(Conflict):
    """Another window asked for a payment of its own at the same time."""

    code = "payment_replaced"


def start_payment(
    context: GatewayContext,
    *,
    token: str,
    amount: int | None = None,
    seen: int | None = None,
    consent: str = "",
) -> Intent:
    """Return a live intent, reusing the invoice's present one if it is for the same amount.

    It is for `amount` (minor units) where parts or a plan allow that, else for what is asked for now: the
    balance, or what a plan asks for. `seen` is the balance (minor units) that the customer was shown: with
    another one by now nothing is started, as they could pay again what was paid meanwhile. An intent's
    amount never changes, as a customer may be confirming what another window shows: for another amount it is
    cancelled and a new generation made (ADR 0007). `consent` is the version of the text by which the
    customer asked to save the method; without, it is not saved.
    Raises NoSuchLink, LinkExpired, NotPayable, AlreadyPaying, PaymentAwaited, PaymentReplaced, BadPart,
    NotChargeable, TooManyDeclines, CannotSave, PaymentsOnHold, Unavailable.
    """
    replace = True  # until another window is seen at it
    for _ in range(TURNS):
        plan = _plan(context, token, amount, seen, consent, replace=replace)
        attempt = plan.attempt
        if attempt.intent_id is None:
            try:
                intent = _create(context, plan)
            except KeyTaken:
                replace = False
                continue  # an earlier version asked with this key, and nobody was given what it made
            return _adopt(context, token, attempt, intent)
        try:
            intent = context.gateway.retrieve_intent(account=attempt.account, intent_id=attempt.intent_id)
        except (NotFound, Misconfigured):
            if not cut_off(context.gateway, attempt.account, instead=plan.wanted.account):
                raise
            give_up(context, attempt, attempt.intent_id)
            continue
        if intent.status in (IntentStatus.SUCCEEDED, IntentStatus.PROCESSING):
            raise AlreadyPaying("a payment for this invoice has been made and is being recorded")
        awaited = intent.waiting is not None or attempt.status is AttemptStatus.WAITING
        if awaited and attempt.status is not AttemptStatus.CANCELLING:
            _refuse_beside_awaited(context, attempt, intent)
            continue
        as_planned = attempt.status is AttemptStatus.OPEN and intent.amount == attempt.amount
        if intent.status in REUSABLE and as_planned:
            return _adopt(context, token, attempt, intent)
        withdraw(context, attempt, intent)
        replace = False
    raise PaymentReplaced("this invoice is being paid in another window at the same time")


class _Plan(NamedTuple):
    """The live attempt, what is wanted of it, and its invoice as it was read."""

    attempt: PaymentAttempt
    wanted: Terms
    invoice: Invoice


def _plan(
    context: GatewayContext, token: str, asked: int | None, seen: int | None, consent: str, *, replace: bool
) -> _Plan:
    """Return the invoice's live attempt and the terms to pay by; on others it has to be withdrawn first.

    If there is none, the next generation is written. Without `replace` an open one on other terms stays:
    it was asked for after us.
    """
    with context.transaction() as session:
        now = context.now()
        invoice = act_by_token(session, token=token, act="began to pay", now=now)
        restores.check_payments_open(session)
        check_payable(invoice)
        if seen is not None and seen != invoice.balance:
            raise NotPayable("the balance has changed; please reload the page")
        check_not_tested(session, invoice_id=invoice.invoice_id, now=now)
        chosen = suggested(invoice, local_date(invoice.issuer, now)) if asked is None else asked
        check_amount(invoice, chosen)
        check_consent(invoice, consent)
        wanted = wanted_terms(invoice, stripe_amount(chosen, invoice.currency), consent)
        attempt = live_attempt(session, invoice_id=invoice.invoice_id)
        if attempt is None:
            return _Plan(new_attempt(session, invoice, wanted, now), wanted, invoice)
        if attempt.status is AttemptStatus.PROCESSING:
            raise AlreadyPaying("a payment for this invoice is clearing")
        if attempt.status is AttemptStatus.WAITING:
            return _Plan(attempt, wanted, invoice)
        if terms_of(attempt) == wanted:
            renew_consent(attempt, now=now)
            return _Plan(attempt, wanted, invoice)
        if attempt.status is AttemptStatus.CREATING:
            replan(attempt, wanted, now=now)
            renew_consent(attempt, now=now)
        elif attempt.status is AttemptStatus.OPEN:
            if not replace:
                raise PaymentReplaced("a different payment for this invoice was started in another window")
            mark_cancelling(session, attempt, now=now)
        return _Plan(attempt, wanted, invoice)


def _refuse_beside_awaited(context: GatewayContext, attempt: PaymentAttempt, intent: Intent) -> None:
    """Bring an attempt that waits for its customer to what Stripe says; raise PaymentAwaited if it does yet.

    Another payment beside it could be a second one: the customer may be on their way to pay.
    """
    try:
        with context.transaction() as session:
            settled = settlement.settle(
                session, intent=intent, source=SOURCE, now=context.now(), seen=attempt.updated_at
            )
    except StaleRead:
        return  # it has moved on: the next look shows where to
    if settled.waiting:
        raise PaymentAwaited(_AWAITED)


def _renew_key(context: GatewayContext, attempt: PaymentAttempt) -> None:
    """Let the next try use another key, unless a simultaneous one has gone further."""
    with context.transaction() as session:
        load_invoice(session, invoice_id=attempt.invoice_id, lock=True)
        row = session.get_one(PaymentAttempt, attempt.attempt_id)
        if row.status is AttemptStatus.CREATING and row.idempotency_key == attempt.idempotency_key:
            row.idempotency_key = fresh_key(row)


def _create(context: GatewayContext, plan: _Plan) -> Intent:
    attempt = plan.attempt
    ask_after_restore(context, attempt)
    customer = customer_for(context, attempt, customer_id=plan.invoice.customer_id)
    try:
        return context.gateway.create_intent(
            account=attempt.account,
            amount=attempt.amount,
            currency=attempt.currency,
            metadata={"invoice_id": str(attempt.invoice_id), "attempt_id": str(attempt.attempt_id)},
            idempotency_key=attempt.idempotency_key,
            fee=attempt.fee,
            invoice_number=plan.invoice.number,
            customer=customer,
        )
    except KeySpent:
        _renew_key(context, attempt)
        raise
    except (NotFound, Rejected) as error:
        if not customer:
            raise
        customer_id = plan.invoice.customer_id
        raise refused(context, attempt, error, customer_id=customer_id, known=customer) from error


def _adopt(context: GatewayContext, token: str, attempt: PaymentAttempt, intent: Intent) -> Intent:
    """Store the intent's id, unless the invoice stopped being payable while Stripe was asked."""
    with context.transaction() as session:
        now = context.now()
        invoice = load_invoice(session, invoice_id=attempt.invoice_id, lock=True)
        row = session.get_one(PaymentAttempt, attempt.attempt_id)
        # Another window may have asked for another amount meanwhile: its key is another one.
        if row.status is AttemptStatus.CREATING and row.idempotency_key == attempt.idempotency_key:
            row.intent_id, row.status, row.updated_at = intent.id, AttemptStatus.OPEN, now
            after_commit(session, lambda: _say_started(row))
        # Only the intent in the books may be paid.
        ours = row.intent_id == intent.id
        if ours and row.status in (AttemptStatus.PROCESSING, AttemptStatus.SUCCEEDED):
            raise AlreadyPaying("a payment for this invoice has been made")
        if ours and row.status is AttemptStatus.WAITING:
            raise PaymentAwaited(_AWAITED)
        payable = invoice.can_pay and invoice.payment_token == token and _still_allowed(invoice, intent)
        if ours and payable and row.status is AttemptStatus.OPEN:
            return intent
    log.warning("intent not returned: the invoice changed in the meantime", invoice_id=attempt.invoice_id)
    withdraw(context, attempt, intent)
    if payable:
        raise PaymentReplaced("a different payment for this invoice was started in another window")
    raise NotPayable("this invoice changed while the payment was being prepared; please reload the page")


def _say_started(attempt: PaymentAttempt) -> None:
    log.info(
        "payment started",
        invoice_id=attempt.invoice_id,
        intent=attempt.intent_id,
        amount=attempt.amount,
        currency=attempt.currency,
    )


def _still_allowed(invoice: Invoice, intent: Intent) -> bool:
    try:
        check_amount(invoice, from_stripe_amount(intent.amount, invoice.currency))
    except InvalidInput:
        return False
    return True
