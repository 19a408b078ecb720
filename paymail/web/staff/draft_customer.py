"""Whom the form of a draft means by a name and an address: never another customer than the one typed."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from paymail.models import Customer, Invoice, name_key
from paymail.services.customers.contacts import own_addresses
from paymail.services.imports.faults import Fault
from paymail.services.lists import lookup
from paymail.services.outbox.suppressions import normalised
from paymail.web.staff.draft_form import DraftForm

EMAIL = "/customer_email"


@dataclass(frozen=True, slots=True)
class Meant:
    """`customer` is the one of ours that is meant; None: a new one, or none that can be told."""

    customer: Customer | None = None
    faults: tuple[Fault, ...] = ()
    known: bool = False
    """Whether there are customers of this name, and the address is none of theirs."""


def meant(session: Session, form: DraftForm, *, issuer_id: int, own: Invoice | None) -> Meant:
    """Return whom the form means; `own` is the draft being edited."""
    name, email = form.customer.strip(), form.email.strip()
    if not name:
        return Meant()
    if own and name_key(name) == name_key(own.customer.name):
        return _own(own.customer, email)
    found = lookup.customers_named(session, issuer_id=issuer_id, name=name)
    if not email:
        return Meant(found[0]) if len(found) == 1 else _fault(_unaddressed(found))
    at = next((one for one in found if normalised(email) in own_addresses(one)), None)
    if at or not found:
        return Meant(at)
    if name_key(form.another) == name_key(name):
        return Meant(known=True)
    addresses = " and ".join(dict.fromkeys(one.email for one in found[:3]))
    reason = (
        f"{found[0].name} is known at {addresses}. Use that address, or tick the box to make another customer"
    )
    return Meant(faults=(Fault(0, EMAIL, reason),), known=True)


def _own(customer: Customer, email: str) -> Meant:
    if email and normalised(email) not in own_addresses(customer):
        return _fault("change the address on the customer's page")
    return Meant(customer)


def _unaddressed(found: list[Customer]) -> str:
    if found:
        return "several customers have this name; enter the address of one"
    return "is a new customer's: enter it"


def _fault(reason: str) -> Meant:
    return Meant(faults=(Fault(0, EMAIL, reason),))
