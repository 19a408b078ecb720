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


def find_customer(session: Session, *, customer_id: int) -> Customer:
    """Return one customer, also an erased one. Raises NoSuchCustomer."""
    found = session.get(Customer, customer_id)
    if found is None:
        raise NoSuchCustomer(f"customer {customer_id} not found")
    return found


def written_to(customer: Customer, group: str) -> list[str]:
    """Return whom emails of a group (a column of Contact) are written to: no copies. Contacts are loaded."""
    contacts = (one for one in customer.contacts if one.role is ContactRole.TO and getattr(one, group))
    return [customer.email, *(one.email for one in contacts)]
