"""Two customers who are one: staff merge them, and one has the invoices of both."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from paymail.db import take_turns
from paymail.errors import Conflict
from paymail.models import Contact, ContactOrigin, Customer, Invoice, InvoiceStatus, name_key
from paymail.services.core import history
from paymail.services.core.customers import TURN, CustomerErased, refuse_merged
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import addresses, saved_methods
from paymail.services.customers.contacts import MOST_CONTACTS, TooManyContacts, groups_of, own_addresses
from paymail.services.outbox.suppressions import normalised
from paymail.services.reminders import customer_holds

MERGED = "customer_merged"
"""Kind of the timeline entry."""


class CannotMerge(Conflict):
    """These two cannot become one customer; the text says why."""

    code = "cannot_merge"


@dataclass(frozen=True, slots=True)
class Merger:
    """What a merger does, or did: how many invoices move, and how many waiting emails go to the address."""

    goes: Customer
    stays: Customer
    invoices: int
    owed: int
    emails: int = 0


def preview(session: Session, *, customer_id: int, into: int) -> Merger:
    """Return what a merger would do. Raises what `merge` raises."""
    goes, stays = _both(session, customer_id, into, lock=False)
    mine = _invoices(session, customer_id)
    return Merger(goes, stays, len(mine), len(_owed(mine)))


def merge(session: Session, *, customer_id: int, into: int, actor: str, now: datetime) -> Merger:
    """Give a customer's invoices, contacts and waiting emails to another one of the same issuer.

    The one that stays keeps its name, address and language. The other's row stays as a pointer: what the host
    says of it afterwards is about the one that stays, and changes nothing of that one's own data. If only
    the one that goes has the host's id, it goes over, and the address that stays is as if staff had set it.

    Payment methods that either saved end: links that were mailed to one address would offer what somebody at
    the other one saved. Reminders stay off, or held, if they were for either. The same again changes nothing.
    Raises NoSuchCustomer, CustomerErased, CustomerMerged, CannotMerge, TooManyContacts.
    """
    take_turns(session, TURN)
    if (done := _merged_already(session, customer_id, into)) is not None:
        return done
    concerned = {*_ids(session, customer_id), *addresses.invoices_concerned(session, into)[0]}
    for invoice_id in sorted(concerned):
        load_invoice(session, invoice_id=invoice_id, lock=True)
    goes, stays = _both(session, customer_id, into, lock=True)
    mine = _invoices(session, customer_id)
    owed = _owed(mine)
    for one in (customer_id, into):
        saved_methods.end_all(session, customer_id=one, actor=actor, now=now, why="customers merged")
    _take_contacts(session, goes, stays)
    _take_identity(session, goes, stays)
    customer_holds.take_over(goes, stays, session=session, actor=actor, now=now)
    _move_invoices(session, mine, goes, stays, actor, now)
    emails = addresses.redirect(
        session,
        invoice_ids=[one.invoice_id for one in mine],
        owed=owed,
        address=stays.email,
        actor=actor,
        now=now,
    )
    return Merger(goes, stays, len(mine), len(owed), emails)


def namesakes(session: Session, *, customer: Customer) -> list[Customer]:
    """Return other customers of the issuer who have the same name, in whatever case; 20 at most."""
    statement = select(Customer).where(
        Customer.issuer_id == customer.issuer_id,
        Customer.name_key == name_key(customer.name),
        Customer.customer_id != customer.customer_id,
        Customer.merged_into.is_(None),
        Customer.erased_at.is_(None),
    )
    return list(session.scalars(statement.order_by(Customer.customer_id).limit(20)))


def _merged_already(session: Session, customer_id: int, into: int) -> Merger | None:
    """Return what is left to do where just this was done before: nothing."""
    goes = addresses.customer(session, customer_id=customer_id)
    if goes.merged_into != into:
        return None
    return Merger(goes, addresses.customer(session, customer_id=into), 0, 0)


def _both(session: Session, customer_id: int, into: int, *, lock: bool) -> tuple[Customer, Customer]:
    if customer_id == into:
        raise CannotMerge("a customer cannot be merged into itself")
    found = {
        one: addresses.customer(session, customer_id=one, lock=lock) for one in sorted((customer_id, into))
    }
    goes, stays = found[customer_id], found[into]
    for one in (goes, stays):
        if one.erased_at is not None:
            raise CustomerErased(f"the data of customer {one.customer_id} has been erased")
        refuse_merged(one)
    if goes.issuer_id != stays.issuer_id:
        raise CannotMerge("these customers belong to different issuers")
    return goes, stays


def _ids(session: Session, customer_id: int) -> list[int]:
    return list(session.scalars(select(Invoice.invoice_id).where(Invoice.customer_id == customer_id)))


def _invoices(session: Session, customer_id: int) -> list[Invoice]:
    mine = select(Invoice).where(Invoice.customer_id == customer_id)
    return list(session.scalars(mine.order_by(Invoice.invoice_id)))


def _owed(invoices: list[Invoice]) -> list[int]:
    return [one.invoice_id for one in invoices if one.status is InvoiceStatus.SENT and one.shortfall > 0]


def _take_contacts(session: Session, goes: Customer, stays: Customer) -> None:
    """Give the contacts to the one that stays, as staff's word: its record at the host does not have them.

    Whoever was to get nothing from one of the two gets nothing from now on.
    """
    present = {normalised(one.email): one for one in stays.contacts}
    fresh = [
        one for one in goes.contacts if normalised(one.email) not in own_addresses(stays) | present.keys()
    ]
    for contact in goes.contacts:
        if not groups_of(contact) and (theirs := present.get(normalised(contact.email))) is not None:
            theirs.invoices = theirs.reminders = theirs.receipts = False
            theirs.origin = ContactOrigin.STAFF
    if len(stays.contacts) + len(fresh) > MOST_CONTACTS:
        raise TooManyContacts(
            f"together they would have more than {MOST_CONTACTS} contacts; remove some first"
        )
    for contact in fresh:
        contact.customer_id, contact.origin = stays.customer_id, ContactOrigin.STAFF
    session.flush()
    session.execute(delete(Contact).where(Contact.customer_id == goes.customer_id))
    session.expire(goes, ["contacts"])
    session.expire(stays, ["contacts"])


def _take_identity(session: Session, goes: Customer, stays: Customer) -> None:
    goes.merged_into = stays.customer_id
    earlier = update(Customer).where(Customer.merged_into == goes.customer_id)
    session.execute(earlier.values(merged_into=stays.customer_id))
    if goes.external_ref is not None and stays.external_ref is None:
        ref, goes.external_ref = goes.external_ref, None
        session.flush()  # the id is unique: it is given up before it is taken
        stays.external_ref = ref
        stays.host_email = goes.host_email or goes.email
    stays.reminders_off = stays.reminders_off or goes.reminders_off
    # Documents of what moves name the one that stays; what they said of the buyer must not be lost.
    for column in ("address", "tax_id", "country", "attention"):
        setattr(stays, column, getattr(stays, column) or getattr(goes, column))


def _move_invoices(
    session: Session, mine: list[Invoice], goes: Customer, stays: Customer, actor: str, now: datetime
) -> None:
    for invoice in mine:
        invoice.customer, invoice.updated_at = stays, now
        history.record(
            session,
            invoice_id=invoice.invoice_id,
            kind=MERGED,
            actor=actor,
            now=now,
            detail=f"from customer {goes.customer_id} ({goes.name}, {goes.email}) to customer"
            f" {stays.customer_id} ({stays.name}, {stays.email})",
            quotes_customer=True,
        )
    session.flush()
