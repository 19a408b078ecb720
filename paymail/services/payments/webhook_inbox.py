"""Events from Stripe: stored first, then worked on. Each re-reads its intent from Stripe."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail import observability, request_ids
from paymail.db import after_commit, insert_once
from paymail.errors import Denied, PaymailError, Unavailable
from paymail.models import GATEWAY_EVENT_MOVES, GatewayEvent, GatewayEventState, check_move
from paymail.ports.payments import Event, Intent
from paymail.ports.reversals import Reversals
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import method_removals
from paymail.services.payments import card_testing, gateway_events, settlement
from paymail.services.payments.settlement import UnknownIntent
from paymail.services.refunds.reversals import record_reversals

log = observability.logger(__name__)

MAX_EVENT_ATTEMPTS = 20


INTENT_EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.requires_action",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
)


REVERSAL_EVENTS = (
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)


USED_EVENTS = (*INTENT_EVENTS, *REVERSAL_EVENTS)


METHOD_DETACHED = "payment_method.detached"
"""Used where customers may save their payment methods."""
HEARD_EVENTS = (*USED_EVENTS, METHOD_DETACHED)


DECLINED = "payment_intent.payment_failed"


class OtherMode(Denied):
    """The event is of the other mode (live or test), whose money is not in these books."""

    code = "other_mode"


def receive_event(session: Session, *, event: Event, live: bool, now: datetime) -> bool:
    """Store a verified event before it is acknowledged; False if it was here already.

    Raises OtherMode.
    """
    if event.livemode != live:
        raise OtherMode("the event is from the wrong mode (live or test)")
    useful = event.intent_id if event.type in USED_EVENTS else event.method_id
    useful = useful if event.type in HEARD_EVENTS else ""
    values = {
        "event_id": event.id,
        "type": event.type,
        "account": event.account,
        "livemode": event.livemode,
        "intent_id": event.intent_id,
        "method_id": event.method_id,
        "created": event.created,
        "state": GatewayEventState.RECEIVED if useful else GatewayEventState.IGNORED,
        "reason": "" if useful else "paymail does not use events of this type",
        "attempts": 0,
        "next_at": now,
        "received_at": now,
    }
    fresh = insert_once(session, GatewayEvent, values)
    if fresh:
        about = {"event_id": event.id, "type": event.type, "intent": event.intent_id}
        after_commit(session, lambda: log.info("event received", **about))
    return fresh


def work_events(context: GatewayContext, *, limit: int = 50) -> int:
    """Settle what stored events speak of; return how many were worked on."""
    with context.transaction() as session:
        statement = (
            select(GatewayEvent.event_id, GatewayEvent.request_id)
            .where(GatewayEvent.state == GatewayEventState.RECEIVED, GatewayEvent.next_at <= context.now())
            .order_by(GatewayEvent.next_at)
            .limit(limit)
        )
        due = list(session.execute(statement))
    for event_id, request_id in due:
        with request_ids.bound(request_id):
            work_safely(context, event_id=event_id)
    return len(due)


def work_safely(context: GatewayContext, *, event_id: str) -> None:
    """Work on one event; what is unforeseen postpones it. Only the database's own trouble is raised."""
    try:
        work_event(context, event_id=event_id)
    except SQLAlchemyError:
        raise  # the database's trouble is everybody's
    except Exception as error:
        # Unforeseen, so it would come again at every turn, before all other events and all mail.
        log.exception("event failed unexpectedly", event_id=event_id)
        _postpone(context, event_id, f"unforeseen: {type(error).__name__}")


def work_event(context: GatewayContext, *, event_id: str) -> None:
    """Settle what one stored event speaks of. Two workers on the same event do it once, by the settlement."""
    with context.transaction() as session:
        event = session.get(GatewayEvent, event_id)
        if event is None or event.state is not GatewayEventState.RECEIVED:
            return
    with request_ids.bound(event.request_id):
        _work(context, event)


def _work(context: GatewayContext, event: GatewayEvent) -> None:
    event_id = event.event_id
    try:
        if event.type == METHOD_DETACHED:
            _hear_detached(context, event)
            return
        news = _ask_stripe(context, event)
    except UnknownIntent as error:
        # Usual where the issuer's account also takes payments that are not paymail's.
        _conclude(context, event_id, GatewayEventState.IGNORED, str(error))
    except Denied as error:
        _conclude(context, event_id, GatewayEventState.DEAD, str(error))
    except PaymailError as error:
        # A revoked key or a Stripe outage: the payment is still out there, so ask again.
        _postpone(context, event_id, str(error))
    else:
        _settle_event(context, event, news)


@dataclass(frozen=True, slots=True)
class _News:
    """What Stripe says now. `seen` is the attempt's `updated_at` before it was asked."""

    intent: Intent
    reversals: Reversals
    seen: datetime


def _settle_event(context: GatewayContext, event: GatewayEvent, news: _News) -> None:
    try:
        with context.transaction() as session:
            now = context.now()
            settled = settlement.settle(
                session, intent=news.intent, source="webhook", now=now, seen=news.seen
            )
            record_reversals(session, intent_id=news.intent.id, reversals=news.reversals, now=now)
            done = _mark(
                session, event.event_id, GatewayEventState.DONE, f"invoice {settled.invoice_id}", now
            )
            if done and event.type == DECLINED and card_testing.is_decline(news.intent):
                attempt = settlement.attempt_of(session, intent_id=news.intent.id)
                at = gateway_events.happened_at(event)
                card_testing.count_decline(session, attempt=attempt, at=at, now=now)
    except Unavailable as error:
        _postpone(context, event.event_id, str(error))
    except PaymailError as error:
        log.error("event cannot be settled", event_id=event.event_id, code=error.code, reason=str(error))
        _conclude(context, event.event_id, GatewayEventState.DEAD, str(error))


def _hear_detached(context: GatewayContext, event: GatewayEvent) -> None:
    ours = method_removals.hear_detached(context, account=event.account, method_id=event.method_id)
    state = GatewayEventState.DONE if ours else GatewayEventState.IGNORED
    reason = "the payment method was looked at" if ours else "nobody saved this payment method in paymail"
    _conclude(context, event.event_id, state, reason)


def _ask_stripe(context: GatewayContext, event: GatewayEvent) -> _News:
    with context.transaction() as session:
        attempt = settlement.attempt_of(session, intent_id=event.intent_id)
        load_invoice(session, invoice_id=attempt.invoice_id)
        if attempt.account != event.account:
            raise Denied("the event's account does not match the invoice's")
    gateway, account = context.gateway, attempt.account
    reversals = Reversals()
    if event.type in REVERSAL_EVENTS:
        reversals = gateway.reversals(account=account, intent_id=event.intent_id)
    intent = gateway.retrieve_intent(account=account, intent_id=event.intent_id)
    return _News(intent, reversals, attempt.updated_at)


def _postpone(context: GatewayContext, event_id: str, reason: str) -> None:
    with context.transaction() as session:
        event = session.get_one(GatewayEvent, event_id)
        event.attempts += 1
        event.reason = reason
        event.next_at = context.now() + _pause(event.attempts)
        if event.attempts >= MAX_EVENT_ATTEMPTS:
            _mark(session, event_id, GatewayEventState.DEAD, reason, context.now())
        else:
            after_commit(session, lambda: _say("event postponed", event, reason))


def _pause(attempts: int) -> timedelta:
    pause: timedelta = min(timedelta(seconds=2) * 2 ** min(attempts, 12), timedelta(hours=1))
    return pause


def _conclude(context: GatewayContext, event_id: str, state: GatewayEventState, reason: str) -> None:
    with context.transaction() as session:
        _mark(session, event_id, state, reason, context.now())


def _mark(session: Session, event_id: str, state: GatewayEventState, reason: str, now: datetime) -> bool:
    """Move an event on; False if another worker has."""
    event = session.get_one(GatewayEvent, event_id, with_for_update=True, populate_existing=True)
    if event.state is not GatewayEventState.RECEIVED:
        return False
    check_move(GATEWAY_EVENT_MOVES, event.state, state)
    event.state, event.reason = state, reason
    after_commit(session, lambda: _say(f"event {state}", event, reason))
    if state is GatewayEventState.DEAD:
        gateway_events.tell_of_death(session, event=event, now=now)
    return True


def _say(what: str, event: GatewayEvent, reason: str) -> None:
    log.info(what, event_id=event.event_id, type=event.type, intent=event.intent_id, reason=reason)
