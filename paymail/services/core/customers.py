"""What every use case knows of a customer."""

from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound
from paymail.models import ContactRole, Customer


class NoSuchCustomer(NotFound):
    """No customer has this id."""

    code = "no_such_customer"


class CustomerErased(Conflict):
    """The personal data of this customer was erased; there is nobody to mail."""

    code = "customer_erased"


class CustomerMerged(Conflict):
    """This customer was merged into another one, which has its invoices; it does not change any more."""

    code = "customer_merged"


TURN = 0x7061796D61696C69
"""Of the lock by which those take turns who make or merge customers, or give out ids of invoices."""


def find_customer(session: Session, *, customer_id: int) -> Customer:
    """Return one customer, also an erased one. Raises NoSuchCustomer."""
    found = session.get(Customer, customer_id)
    if found is None:
        raise NoSuchCustomer(f"customer {customer_id} not found")
    return found


def refuse_merged(customer: Customer) -> None:
    """Raise CustomerMerged if staff merged the customer into another one."""
    if customer.merged_into is not None:
        was = f"customer {customer.customer_id} was merged into customer {customer.merged_into}"
        raise CustomerMerged(f"{was}; use that one")


def written_to(customer: Customer, group: str) -> list[str]:
    """Return whom emails of a group (a column of Contact) are written to: no copies. Contacts are loaded."""
    contacts = (one for one in customer.contacts if one.role is ContactRole.TO and getattr(one, group))
    return [customer.email, *(one.email for one in contacts)]
