"""What an act on many does to each invoice, and which it leaves as they are."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import HoldReason
from paymail.services.core.each_invoice import Act
from paymail.services.core.invoices import load_invoice
from paymail.services.payments import adjustments
from paymail.services.reminders import asked_since, by_hand, holds, situation
from paymail.web.staff.acts_view import ActForm, Verb
from paymail.web.staff.form_actions import day_of


class NotSure(InvalidInput):
    """What cannot be undone needs a tick."""

    code = "not_sure"


class LeftAsItWas(Conflict):
    """What is right for most is not for this one; the message says why."""

    code = "left_as_it_was"


def act_of(verb: Verb, form: ActForm, actor: str, began: datetime, held: Mapping[int, str]) -> Act:
    """Return what to do to each. `held` are those that are not reminded with others, and why.

    A reminder asked for since `began` (UTC) came by an earlier press. Raises NotSure, BadTime.
    """
    if verb is Verb.REMIND:
        return lambda session, invoice_id, now: _remind(session, invoice_id, actor, now, began, held)
    if not form.reason:
        raise NotSure("enter a reason; it stands in the history of each invoice")
    if verb is Verb.HOLD:
        day_of(form.until)
        return lambda session, invoice_id, now: _hold(session, invoice_id, form, actor, now)
    if form.sure != "yes":
        raise NotSure("tick the box to confirm: voiding cannot be undone")
    return lambda session, invoice_id, now: adjustments.void(
        session, invoice_id=invoice_id, reason=form.reason, actor=actor, now=now
    )


def _remind(
    session: Session, invoice_id: int, actor: str, now: datetime, began: datetime, held: Mapping[int, str]
) -> None:
    load_invoice(session, invoice_id=invoice_id, lock=True)
    if asked_since.asked_since(session, invoice_id=invoice_id, since=began):
        raise LeftAsItWas("a reminder has been asked for since you opened the page")
    if reason := held.get(invoice_id):
        raise LeftAsItWas(f"{reason}; it can be reminded on its own page")
    by_hand.remind_by_hand(session, invoice_id=invoice_id, actor=actor, now=now)


def _hold(session: Session, invoice_id: int, form: ActForm, actor: str, now: datetime) -> None:
    invoice, day = load_invoice(session, invoice_id=invoice_id, lock=True), day_of(form.until)
    until = holds.end_of_day(day, invoice.issuer, now) if day else None
    if reason := situation.not_owed(invoice):
        raise LeftAsItWas(f"it has no reminders to hold: {reason}")
    for one in holds.in_force(session, invoice_ids=[invoice_id], now=now):
        as_long = one.until is None or (until is not None and one.until >= until)
        if one.reason is HoldReason.STAFF and as_long:
            raise LeftAsItWas(f"{one.placed_by} holds it already, for as long or longer")
    holds.place(
        session,
        invoice_id=invoice_id,
        reason=HoldReason.STAFF,
        actor=actor,
        now=now,
        until=until,
        detail=form.reason,
    )
