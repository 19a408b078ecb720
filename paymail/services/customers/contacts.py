"""Who gets a customer's emails beside the customer: added and removed by staff, or as the host says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.models import Contact, ContactOrigin, ContactRole, Customer, Invoice
from paymail.services.core import history
from paymail.services.core.customers import CustomerErased
from paymail.services.core.email_addresses import checked_copy
from paymail.services.customers.addresses import ADDRESS_CHANGED, customer
from paymail.services.letters.kind import Group
from paymail.services.outbox.suppressions import normalised

MOST_CONTACTS = 20
"""Per customer. A relay takes a hundred recipients at least (RFC 5321 §4.5.3.1.8)."""


class NoSuchContact(NotFound):
    """The customer has no contact of this id."""

    code = "no_such_contact"


class ContactKnown(Conflict):
    """This address gets the customer's emails already."""

    code = "contact_known"


class TooManyContacts(Conflict):
    """The customer has as many contacts as a customer can have."""

    code = "too_many_contacts"


class NoGroup(InvalidInput):
    """A contact that gets no kind of email is none."""

    code = "no_group"


@dataclass(frozen=True, slots=True)
class NewContact:
    """An address, how emails name it, and which of them it gets."""

    email: str
    role: ContactRole = ContactRole.CC
    groups: frozenset[Group] = frozenset(Group)


def listed(session: Session, *, customer_id: int) -> list[Contact]:
    """Return a customer's contacts, oldest first. Raises NoSuchCustomer."""
    customer(session, customer_id=customer_id)
    statement = select(Contact).where(Contact.customer_id == customer_id)
    return list(session.scalars(statement.order_by(Contact.contact_id)))


def add(session: Session, *, customer_id: int, asked: NewContact, actor: str, now: datetime) -> Contact:
    """Add a contact, on staff's word. Emails that wait go to it too: each is addressed when it is written.

    Raises BadAddress, NoGroup, NoSuchCustomer, CustomerErased, ContactKnown, TooManyContacts.
    """
    email = checked_copy(asked.email)
    if not asked.groups:
        raise NoGroup("choose at least one kind of email for the contact")
    found = customer(session, customer_id=customer_id, lock=True)
    if found.erased_at is not None:
        raise CustomerErased(f"the data of customer {customer_id} has been erased")
    known = {normalised(found.email), *(normalised(one.email) for one in _of(session, found))}
    if normalised(email) in known:
        raise ContactKnown(f"{email} already receives this customer's emails; remove it there first")
    if len(known) > MOST_CONTACTS:
        raise TooManyContacts(f"a customer can have at most {MOST_CONTACTS} contacts")
    contact = _contact(found, email, asked.role, asked.groups, ContactOrigin.STAFF, now)
    session.add(contact)
    session.flush()
    _note(session, found, f"added {asked.role} {email}", actor, now)
    return contact


def remove(session: Session, *, customer_id: int, contact_id: int, actor: str, now: datetime) -> None:
    """Remove a contact. One of the host's stays on the list and gets nothing, until it is removed again.

    Raises NoSuchCustomer, NoSuchContact.
    """
    found = customer(session, customer_id=customer_id, lock=True)
    contact = session.get(Contact, contact_id)
    if contact is None or contact.customer_id != customer_id:
        raise NoSuchContact(f"customer {customer_id} has no contact {contact_id}")
    if contact.origin is ContactOrigin.HOST:
        # Its row stays, as staff's word: else the host's next file would bring it back.
        contact.origin = ContactOrigin.STAFF
        contact.invoices = contact.reminders = contact.receipts = False
    else:
        session.delete(contact)
    session.flush()
    _note(session, found, f"removed {contact.role} {contact.email}", actor, now)


def take_over(session: Session, *, found: Customer, emails: Iterable[str], actor: str, now: datetime) -> bool:
    """Make the host's further addresses those of a customer; return whether anything changed.

    They are written to with everything, as the host does. What staff added stays, and is not added twice.
    The caller has checked the addresses. Raises CustomerErased.
    """
    found = customer(session, customer_id=found.customer_id, lock=True)
    if found.erased_at is not None:
        raise CustomerErased(f"the data of customer {found.customer_id} has been erased")
    own = own_addresses(found)
    present = {normalised(one.email): one for one in _of(session, found)}
    wanted = {normalised(email): email for email in emails if normalised(email) not in own}
    gone = [one for key, one in present.items() if one.origin is ContactOrigin.HOST and key not in wanted]
    fresh = [email for key, email in wanted.items() if key not in present]
    fresh = fresh[: max(MOST_CONTACTS - len(present) + len(gone), 0)]
    for contact in gone:
        session.delete(contact)
    for email in fresh:
        session.add(_contact(found, email, ContactRole.TO, frozenset(Group), ContactOrigin.HOST, now))
    session.flush()
    if not gone and not fresh:
        return False
    set_committed_value(found, "contacts", _of(session, found))
    said = [f"removed to {one.email}" for one in gone] + [f"added to {email}" for email in fresh]
    _note(session, found, ", ".join(said), actor, now)
    return True


def own_addresses(found: Customer) -> set[str]:
    """Return a customer's own address, and the host's where staff have put it right (normalised)."""
    return {normalised(found.email), normalised(found.host_email or found.email)}


def groups_of(contact: Contact) -> list[Group]:
    """Return which emails a contact gets."""
    return [group for group in Group if getattr(contact, group)]


def _of(session: Session, found: Customer) -> list[Contact]:
    return list(session.scalars(select(Contact).where(Contact.customer_id == found.customer_id)))


def _contact(
    found: Customer,
    email: str,
    role: ContactRole,
    groups: frozenset[Group],
    origin: ContactOrigin,
    now: datetime,
) -> Contact:
    gets = {group.value: group in groups for group in Group}
    return Contact(
        customer_id=found.customer_id, email=email, role=role, origin=origin, created_at=now, **gets
    )


def _note(session: Session, found: Customer, detail: str, actor: str, now: datetime) -> None:
    """Write into the history of the customer's newest invoice, where staff look for it."""
    newest = select(func.max(Invoice.invoice_id)).where(Invoice.customer_id == found.customer_id)
    invoice_id = session.scalar(newest)
    if invoice_id is not None:
        history.record(
            session, invoice_id=invoice_id, kind=ADDRESS_CHANGED, actor=actor, now=now, detail=detail
        )
