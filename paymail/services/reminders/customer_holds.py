"""Holding all reminders of a customer, also of invoices that come later, and releasing them.

Like every change that reminders depend on it is made under the locks of the invoices that are owed: a
hand-over either sees it or waits until it is committed.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.models import Customer, Invoice
from paymail.services.core import customer_history
from paymail.services.core.customers import CustomerErased, find_customer, refuse_merged
from paymail.services.outbox import wake
from paymail.services.reminders.holds import HoldInThePast
from paymail.services.reminders.permission import Hold
from paymail.services.reminders.preferences import look_again

LONGEST_REASON = 300
FIELD = "hold"
"""What the history of a customer calls it."""


class HoldWithoutReason(InvalidInput):
    """Nobody would know why the reminders wait."""

    code = "hold_without_reason"


class HoldReasonTooLong(InvalidInput):
    """The reason is longer than what a list shows."""

    code = "hold_reason_too_long"


def is_held(customer: Customer, now: datetime) -> bool:
    """Whether all reminders of a customer are on hold at `now` (UTC)."""
    return customer.held_at is not None and (customer.held_until is None or customer.held_until > now)


def hold_of(customer: Customer, now: datetime) -> Hold | None:
    """Return the hold of all reminders of a customer, if there is one."""
    if not is_held(customer, now):
        return None
    return Hold(f"all reminders to this customer ({customer.held_reason})", customer.held_until)


def hold(
    session: Session,
    *,
    customer_id: int,
    reason: str,
    actor: str,
    now: datetime,
    until: datetime | None = None,
) -> Customer:
    """Hold all reminders of a customer until `until` (UTC), or until released; it replaces the one before.

    The same again changes nothing. Raises NoSuchCustomer, CustomerMerged, CustomerErased, HoldInThePast,
    HoldWithoutReason, HoldReasonTooLong.
    """
    words = " ".join(reason.split())
    if not words:
        raise HoldWithoutReason("enter a reason for the hold")
    if len(words) > LONGEST_REASON:
        raise HoldReasonTooLong(f"the reason can have at most {LONGEST_REASON} characters")
    if until is not None and until <= now:
        raise HoldInThePast("the end of the hold must be in the future")
    customer = _locked(session, customer_id, now)
    if is_held(customer, now) and (customer.held_reason, customer.held_until) == (words, until):
        return customer
    before = _written(customer, now)
    customer.held_at, customer.held_until = now, until
    customer.held_by, customer.held_reason = actor, words
    customer_history.record(session, customer, FIELD, (before, _written(customer, now)), actor, now)
    wake.wake_held_of(session, customer_id=customer_id, now=now)
    return customer


def release(session: Session, *, customer_id: int, actor: str, now: datetime) -> bool:
    """End the hold of all reminders of a customer; False: there was none. Those of single invoices stay.

    Raises NoSuchCustomer, CustomerMerged, CustomerErased.
    """
    customer = _locked(session, customer_id, now)
    held, before = is_held(customer, now), _written(customer, now)
    customer.held_at = customer.held_until = None
    customer.held_by = customer.held_reason = ""
    if held:
        customer_history.record(session, customer, FIELD, (before, ""), actor, now)
        wake.wake_held_of(session, customer_id=customer_id, now=now)
    return held


def take_over(goes: Customer, stays: Customer, *, session: Session, actor: str, now: datetime) -> None:
    """Have the hold of a customer that is merged into another one hold that one, if it ends later."""
    if not _ends_later(goes, stays, now):
        return
    before = _written(stays, now)
    stays.held_at, stays.held_until = goes.held_at, goes.held_until
    stays.held_by, stays.held_reason = goes.held_by, goes.held_reason
    customer_history.record(session, stays, FIELD, (before, _written(stays, now)), actor, now)


def _ends_later(one: Customer, other: Customer, now: datetime) -> bool:
    """Whether a customer is held longer than another one; without an end it is longest."""
    if not is_held(one, now) or not is_held(other, now):
        return is_held(one, now)
    if one.held_until is None or other.held_until is None:
        return one.held_until is None and other.held_until is not None
    return one.held_until > other.held_until


def _locked(session: Session, customer_id: int, now: datetime) -> Customer:
    refuse_merged(find_customer(session, customer_id=customer_id))
    look_again(session, Invoice.customer_id == customer_id, now)
    found = session.get_one(Customer, customer_id, with_for_update=True, populate_existing=True)
    refuse_merged(found)
    if found.erased_at is not None:
        raise CustomerErased(f"the data of customer {customer_id} has been erased")
    return found


def _written(customer: Customer, now: datetime) -> str:
    """Return a hold as its history has it; empty: none is in force."""
    if not is_held(customer, now):
        return ""
    until = customer.held_until
    return f"{customer.held_reason}, until {until.isoformat(timespec='minutes') if until else 'released'}"
