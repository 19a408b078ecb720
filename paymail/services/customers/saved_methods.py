"""Payment methods that customers saved for an issuer: kept with their consent, shown, removed.

They belong to the person who ticked: another address, or an erasure, ends them. Nothing charges them.
"""

from datetime import datetime

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from paymail.errors import NotFound
from paymail.models import (
    SAVED_METHOD_MOVES,
    AttemptStatus,
    Invoice,
    PaymentAttempt,
    SavedMethod,
    SavedMethodState,
    check_move,
)
from paymail.ports.saved_methods import ReusableMethod
from paymail.services.core import history
from paymail.services.customers import gateway_customers

CONSENT = "1"
"""Version of the text on the page (templates/pay_save.html). A change of its meaning needs another one."""
_SAVED, _REMOVING, _REMOVED = SavedMethodState.SAVED, SavedMethodState.REMOVING, SavedMethodState.REMOVED


class NoSuchMethod(NotFound):
    """This customer has no saved payment method of this id."""

    code = "no_such_method"


def current(session: Session, *, customer_id: int, account: str) -> SavedMethod | None:
    """Return the payment method that a customer has saved on an account, if any.

    One on an account that the issuer had before can pay nothing any more, so it is not asked for.
    """
    mine = _saved(customer_id).where(SavedMethod.account == account)
    return session.scalars(mine.order_by(SavedMethod.saved_method_id.desc()).limit(1)).first()


def _saved(customer_id: int) -> Select[SavedMethod]:
    return select(SavedMethod).where(SavedMethod.customer_id == customer_id, SavedMethod.state == _SAVED)


def unfinished(session: Session, *, customer_id: int) -> list[SavedMethod]:
    """Return what a customer's methods are that Stripe has still to detach."""
    statement = select(SavedMethod).where(
        SavedMethod.customer_id == customer_id, SavedMethod.state == _REMOVING
    )
    return list(session.scalars(statement.order_by(SavedMethod.saved_method_id)))


def may_save(session: Session, *, invoice: Invoice) -> bool:
    """Whether the page of an invoice offers to save the method that pays it."""
    account = invoice.issuer.stripe_account
    known = current(session, customer_id=invoice.customer_id, account=account)
    return invoice.issuer.save_methods and known is None


def keep(
    session: Session,
    *,
    invoice: Invoice,
    attempt: PaymentAttempt,
    method: ReusableMethod,
    actor: str,
    now: datetime,
) -> None:
    """Write down the method that a payment left at Stripe. Under the invoice's lock; safe to repeat.

    Without a consent on record, or for a customer that is not this one, it is not kept but detached.
    """
    customer_id = invoice.customer_id
    # Held until the end, so that of two payments at once the later one finds the other's method.
    known = gateway_customers.find(session, customer_id=customer_id, account=attempt.account, lock=True)
    if session.scalar(select(SavedMethod.method_id).where(SavedMethod.method_id == method.id)):
        return
    theirs = known is not None and known.gateway_id == method.customer
    wanted = attempt.consented_at is not None and theirs and invoice.customer.erased_at is None
    earlier = _locked(session, customer_id) if wanted else []
    row = SavedMethod(
        customer_id=customer_id,
        invoice_id=invoice.invoice_id,
        account=attempt.account,
        method_id=method.id,
        brand=method.brand if wanted else "",
        last4=method.last4 if wanted else "",
        exp_month=method.exp_month if wanted else None,
        exp_year=method.exp_year if wanted else None,
        state=_SAVED if wanted else _REMOVING,
        consent=attempt.consent,
        consented_at=attempt.consented_at,
        next_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    if wanted:
        history.record(
            session,
            invoice_id=invoice.invoice_id,
            kind="method_saved",
            actor=actor,
            now=now,
            detail=row.label,
        )
    for one in earlier:
        _end(session, one, invoice_id=invoice.invoice_id, actor=actor, now=now, why="replaced")


def remove(session: Session, *, invoice: Invoice, saved_method_id: int, actor: str, now: datetime) -> None:
    """Remove a method that the invoice's customer saved. Again changes nothing. Raises NoSuchMethod."""
    row = session.get(SavedMethod, saved_method_id, with_for_update=True, populate_existing=True)
    if row is None or row.customer_id != invoice.customer_id:
        raise NoSuchMethod("this payment method is not saved")
    if row.state is _SAVED:
        _end(session, row, invoice_id=invoice.invoice_id, actor=actor, now=now)


def end_all(session: Session, *, customer_id: int, actor: str, now: datetime, why: str) -> None:
    """End what a customer saved or is about to, because it is no longer surely the same person's.

    Under the locks of the customer's owed invoices. What is being paid stays payable; it is not saved. Nor is
    what was closed unpaid: it may turn out to have been paid all the same.
    """
    theirs = select(Invoice.invoice_id).where(Invoice.customer_id == customer_id)
    session.execute(
        update(PaymentAttempt)
        .where(PaymentAttempt.invoice_id.in_(theirs), PaymentAttempt.status != AttemptStatus.SUCCEEDED)
        .values(consented_at=None)
    )
    for row in _locked(session, customer_id):
        _end(session, row, invoice_id=row.invoice_id, actor=actor, now=now, why=why)


def _locked(session: Session, customer_id: int) -> list[SavedMethod]:
    """Return all that a customer has saved, on whatever account, locked."""
    mine = _saved(customer_id).order_by(SavedMethod.saved_method_id).with_for_update()
    return list(session.scalars(mine.execution_options(populate_existing=True)))


def forget(session: Session, *, customer_id: int) -> None:
    """Forget what the customer's methods looked like; what is not detached yet still will be."""
    for row in session.scalars(select(SavedMethod).where(SavedMethod.customer_id == customer_id)):
        row.brand, row.last4, row.exp_month, row.exp_year = "", "", None, None


def _end(
    session: Session, row: SavedMethod, *, invoice_id: int, actor: str, now: datetime, why: str = ""
) -> None:
    move(row, _REMOVING, now=now)
    row.next_at = now
    detail = ": ".join(word for word in (row.label, why) if word)
    history.record(session, invoice_id=invoice_id, kind="method_removed", actor=actor, now=now, detail=detail)


def move(row: SavedMethod, target: SavedMethodState, *, now: datetime) -> None:
    """Move a method on. Raises IllegalMove."""
    check_move(SAVED_METHOD_MOVES, row.state, target)
    row.state, row.updated_at = target, now
