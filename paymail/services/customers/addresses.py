"""Addresses of customers: checked, suppressed by staff, let in again, changed."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, selectinload

from paymail.emails import TO_STAFF
from paymail.errors import Conflict
from paymail.models import (
    TO_NAMED,
    UNWRITTEN,
    Contact,
    ContactRole,
    Customer,
    HoldReason,
    Invoice,
    InvoiceStatus,
    Message,
    MessageState,
    ReminderHold,
    in_state,
)
from paymail.services.core import customer_history, history
from paymail.services.core.customers import CustomerErased, NoSuchCustomer, refuse_merged
from paymail.services.core.email_addresses import checked
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import saved_methods
from paymail.services.outbox import suppressions
from paymail.services.outbox.suppressions import NoReason, NoSuchSuppression, domain_of, normalised
from paymail.services.reminders import holds

ADDRESS_CHANGED = "customer_address_changed"
"""Kind of the timeline entry."""
_WAITING = (MessageState.SCHEDULED, MessageState.SENDING)
_BY_BOUNCES = (HoldReason.BOUNCED, HoldReason.REFUSED)
_HELD_BY_BOUNCES = (
    select(Invoice.invoice_id, ReminderHold.reason, Customer.email, Contact.email)
    .join(Invoice.customer)
    .outerjoin(Customer.contacts.and_(Contact.role == ContactRole.TO))
    .join(ReminderHold, ReminderHold.invoice_id == Invoice.invoice_id)
    .where(ReminderHold.reason.in_(_BY_BOUNCES), ReminderHold.lifted_at.is_(None))
)
"""Number of the invoice, the hold's reason, the customer's address, a further one."""


class AddressTaken(Conflict):
    """Another customer of the issuer has this name and address already."""

    code = "address_taken"


def suppress(session: Session, *, address: str, actor: str, now: datetime, why: str = "") -> bool:
    """Let no mail go to an address, on staff's word; False if it is suppressed already. Raises BadAddress."""
    detail = " ".join(why.split())[:500]
    return suppressions.add(
        session, address=checked(address), reason="staff", actor=actor, now=now, detail=detail
    )


def readmit(session: Session, *, address: str, reason: str, actor: str, now: datetime) -> int:
    """Lift the suppression of an address and what its bounces hold; return how many invoices go on.

    An address that bounced without a fault of its own has holds only. Raises NoReason, NoSuchSuppression.
    """
    if not reason.strip():
        raise NoReason("enter a reason for lifting the suppression")
    wanted = normalised(address)
    released = _release(session, _bounced_invoices(session, wanted), actor, now)
    if suppressions.active(session, address=wanted) is not None:
        suppressions.lift(session, address=wanted, reason=reason, actor=actor, now=now)
    elif not released:
        raise NoSuchSuppression("this address is not suppressed")
    return released


def readmit_domain(session: Session, *, domain: str, actor: str, now: datetime) -> int:
    """Lift what refusals of the sender hold for addresses at a domain; return of how many invoices.

    These had no fault of their own. What else came back, and suppressed addresses, stay as they are.
    """
    there: dict[str, set[int]] = {}
    for number, reason, *emails in session.execute(_HELD_BY_BOUNCES):
        if reason is not HoldReason.REFUSED:
            continue
        for email in filter(None, emails):
            if domain_of(email) == domain_of(domain):
                there.setdefault(normalised(email), set()).add(number)
    suppressed = suppressions.among(session, addresses=there)
    sound = [numbers for address, numbers in there.items() if address not in suppressed]
    return _release(session, sorted(set().union(*sound)), actor, now, (HoldReason.REFUSED,))


def _bounced_invoices(session: Session, address: str) -> list[int]:
    return sorted(
        {
            number
            for number, _reason, *emails in session.execute(_HELD_BY_BOUNCES)
            if address in {normalised(email) for email in emails if email}
        }
    )


def _release(
    session: Session,
    invoice_ids: list[int],
    actor: str,
    now: datetime,
    reasons: tuple[HoldReason, ...] = _BY_BOUNCES,
) -> int:
    released = 0
    for invoice_id in invoice_ids:
        held = holds.in_force(session, invoice_ids=[invoice_id], now=now)
        theirs = {hold.reason for hold in held}.intersection(reasons)
        for reason in sorted(theirs):
            holds.lift(session, invoice_id=invoice_id, actor=actor, now=now, reason=reason)
        released += bool(theirs)
    return released


def customer(session: Session, *, customer_id: int, lock: bool = False) -> Customer:
    """Return a customer with its contacts; locked, to be changed. Raises NoSuchCustomer.

    Raises CustomerMerged for a locked one that was merged into another.
    """
    statement = select(Customer).where(Customer.customer_id == customer_id)
    statement = statement.options(selectinload(Customer.contacts))
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(statement).one_or_none()
    if found is None:
        raise NoSuchCustomer(f"customer {customer_id} not found")
    if lock:
        refuse_merged(found)
    return found


def change_email(session: Session, *, customer_id: int, address: str, actor: str, now: datetime) -> int:
    """Give a customer another address; return how many waiting emails now go there.

    What bounced before no longer holds its reminders, and waiting emails are written afresh, those among them
    that a server deferred or staff sent again. One that is being handed over, or in doubt, keeps its bytes
    and address; if it has to be sent once more, it is written to the address of then (`_prepare` of
    deliveries). Suppressions stay: they are about addresses.
    Raises BadAddress, NoSuchCustomer, CustomerErased, AddressTaken.
    """
    return _move(session, customer_id, checked(address), actor, now, by_host=False)


def take_hosts_address(session: Session, *, customer_id: int, address: str, actor: str, now: datetime) -> int:
    """Give a customer the address that the host now has, as `change_email` does; staff's own goes."""
    return _move(session, customer_id, checked(address), actor, now, by_host=True)


def _move(session: Session, customer_id: int, new: str, actor: str, now: datetime, *, by_host: bool) -> int:
    owed, others = invoices_concerned(session, customer_id)
    for invoice_id in sorted({*owed, *others}):
        load_invoice(session, invoice_id=invoice_id, lock=True)
    found = customer(session, customer_id=customer_id, lock=True)
    if found.erased_at is not None:
        raise CustomerErased(f"the data of customer {customer_id} has been erased")
    refuse_twin(session, found, name=found.name, address=new)
    old, found.email = found.email, new
    found.host_email = None if by_host else found.host_email or old
    if not by_host:
        customer_history.record(session, found, "email", (old, new), actor, now)
    for invoice_id in owed or others[-1:]:
        history.record(
            session,
            invoice_id=invoice_id,
            kind=ADDRESS_CHANGED,
            actor=actor,
            now=now,
            detail=f"from {old} to {new}",
        )
    # Whoever reads mail at the new address may be somebody else, whose card it is not.
    saved_methods.end_all(session, customer_id=customer_id, actor=actor, now=now, why="address changed")
    return redirect(
        session, invoice_ids=sorted({*owed, *others}), owed=owed, address=new, actor=actor, now=now
    )


def redirect(
    session: Session, *, invoice_ids: list[int], owed: list[int], address: str, actor: str, now: datetime
) -> int:
    """Address the waiting emails of locked invoices anew, and end what bounces at an old address held.

    Reminders of what is owed are looked at again. Returns how many emails go to the new address.
    """
    _release(session, invoice_ids, actor, now)
    holds.look_again(session, invoice_ids=owed, now=now)
    return _readdress(session, invoice_ids, address)


def invoices_concerned(session: Session, customer_id: int) -> tuple[list[int], list[int]]:
    """Return the customer's owed invoices, and those with waiting emails or the newest one."""
    mine = select(Invoice.invoice_id).where(Invoice.customer_id == customer_id)
    owed = mine.where(Invoice.status == InvoiceStatus.SENT, Invoice.shortfall > 0)
    waiting = mine.where(
        or_(
            Invoice.invoice_id.in_(select(Message.invoice_id).where(in_state(*_WAITING))),
            Invoice.invoice_id.in_(mine.order_by(Invoice.invoice_id.desc()).limit(1)),
        )
    )
    return sorted(session.scalars(owed)), sorted(session.scalars(waiting))


def refuse_twin(session: Session, found: Customer, *, name: str, address: str) -> None:
    """Raise AddressTaken if another customer of the issuer has this name and address, which two cannot.

    One that was merged into this customer gives way: what is said of that name and address is of this one.
    """
    theirs = (Customer.name == name, Customer.email == address)
    for one in session.scalars(select(Customer).where(Customer.merged_into == found.customer_id, *theirs)):
        one.email = f"merged-{one.customer_id}@merged.invalid"
    session.flush()
    beside = Customer.issuer_id == found.issuer_id, Customer.customer_id != found.customer_id
    twin = session.scalar(select(Customer.customer_id).where(*beside, *theirs))
    if twin is not None:
        raise AddressTaken(f"customer {twin} already has this name and address")


def _readdress(session: Session, invoice_ids: list[int], new: str) -> int:
    """Address the waiting emails anew. A worker that holds one loses it by the fence, before the dot."""
    statement = (
        update(Message)
        .where(
            Message.invoice_id.in_(invoice_ids),
            Message.kind.not_in((*TO_STAFF, *TO_NAMED)),
            Message.state.in_(_WAITING),
        )
        .values(
            state=MessageState.SCHEDULED,
            fence=Message.fence + 1,
            lease_until=None,
            recipient=new,
            destination=domain_of(new),
            subject="",
            give_up_at=None,
            attempts=0,
            **UNWRITTEN,
        )
        .returning(Message.message_id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(statement).all())
