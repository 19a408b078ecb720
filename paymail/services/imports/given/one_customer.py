"""One customer that a program puts by its own id: taken over by the rules of an import."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from paymail.db import take_turns
from paymail.db.lock_waits import is_lock_wait
from paymail.errors import Conflict
from paymail.models import Customer, Invoice
from paymail.services.core import history
from paymail.services.core.contexts import Context
from paymail.services.core.customers import TURN
from paymail.services.customers import addresses
from paymail.services.imports import host_customers, updates
from paymail.services.imports.faults import Fault, shown
from paymail.services.imports.given.customer import GivenCustomer
from paymail.services.imports.given.faults import GivenConflict
from paymail.services.imports.host_customers import KnownCustomers
from paymail.services.imports.known_invoices import load_locked
from paymail.services.imports.namesakes import Namesakes

TRIES = 5
"""Of writing what staff may give another customer in the same moment, or while imports are written."""


@dataclass(frozen=True, slots=True)
class PutCustomer:
    """What became of a customer: `what` is created, updated or unchanged; `fields` were taken over."""

    customer_id: int
    what: str
    fields: tuple[str, ...] = ()
    kept: tuple[Fault, ...] = ()


def put_customer(context: Context, *, given: GivenCustomer, issuer_id: int, actor: str) -> PutCustomer:
    """Create the customer, or take over what is new of it. The same again changes nothing.

    Raises GivenConflict where another customer has this name and address.
    """
    for tries_left in reversed(range(TRIES)):
        try:
            with context.transaction() as session:
                take_turns(session, TURN)
                return _put(session, given, issuer_id, actor, context.now())
        except DBAPIError as error:
            if not tries_left or not (isinstance(error, IntegrityError) or is_lock_wait(error)):
                raise
        except Conflict as error:
            raise GivenConflict([Fault(0, "/email", str(error))], what="the customer") from error
    raise AssertionError("the last try ends in one way or the other")


def _put(session: Session, given: GivenCustomer, issuer_id: int, actor: str, now: datetime) -> PutCustomer:
    known = KnownCustomers(session, [given], issuer_id, Namesakes())
    customer = known.find(given)
    if customer is not None and customer.merged_into is not None:
        # The id that this one now has: with it the host is understood whatever else it says.
        customer.external_ref = customer.external_ref or given.customer_ref
        note = f"kept yours: customer {customer.customer_id} was merged into customer {customer.merged_into}"
        return PutCustomer(customer.merged_into, "unchanged", kept=(Fault(0, "", note),))
    fresh = customer is None
    if customer is None:
        if (twin := known.twin(given, None, given.customer_email)) is not None:
            raise addresses.AddressTaken(f"customer {twin.customer_id} already has this name and address")
        customer = host_customers.make(session, given, issuer_id, None, now)
    changes = _changes(customer, given)
    kept = () if fresh else _kept(customer, given)
    if changes or fresh:
        _lock_invoices(session, customer)
        updates.update_customer(session, customer, given, actor=actor, now=now)
        customer.locale = customer.locale if given.locale is None else given.locale
        _note(session, customer, changes, actor, now)
    what = "created" if fresh else "updated" if changes else "unchanged"
    return PutCustomer(customer.customer_id, what, () if fresh else tuple(changes), kept)


def _changes(customer: Customer, given: GivenCustomer) -> dict[str, tuple[str, str]]:
    """Return what is said otherwise, by the fields of the API: before and after."""
    found = host_customers.changed_fields(customer, given)
    address = host_customers.new_address(customer, given)
    if address is not None:
        found["email"] = (customer.email, address)
    before, after = host_customers.further_addresses(customer, given)
    if before != after:
        found["contacts"] = (", ".join(sorted(before)), ", ".join(sorted(after)))
    if given.locale is not None and given.locale != customer.locale:
        found["locale"] = (customer.locale, given.locale)
    return found


def _kept(customer: Customer, given: GivenCustomer) -> tuple[Fault, ...]:
    if not host_customers.keeps_ours(customer, given):
        return ()
    ours, theirs = shown(customer.email), shown(given.customer_email)
    return (Fault(0, "/email", f"kept yours: mailed at {ours}, not {theirs}"),)


def _lock_invoices(session: Session, customer: Customer) -> None:
    """Lock in the order of ids what a change of the customer writes to."""
    owed, waiting = addresses.invoices_concerned(session, customer.customer_id)
    if owed or waiting:
        load_locked(session, {*owed, *waiting})


def _note(
    session: Session, customer: Customer, changes: dict[str, tuple[str, str]], actor: str, now: datetime
) -> None:
    """Write into the history of the customer's newest invoice, where staff look for it.

    What is said of addresses is there already.
    """
    newest = select(func.max(Invoice.invoice_id)).where(Invoice.customer_id == customer.customer_id)
    invoice_id = session.scalar(newest)
    told = {name: change for name, change in changes.items() if name not in ("email", "contacts")}
    if invoice_id is None or not told:
        return
    history.record(
        session,
        invoice_id=invoice_id,
        kind="customer_updated",
        actor=actor,
        now=now,
        detail="; ".join(f"{name} {updates.from_to(*change)}" for name, change in told.items()),
        quotes_customer=True,
    )
