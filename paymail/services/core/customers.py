"""What every use case knows of a customer."""

from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound
from paymail.models import Customer


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
