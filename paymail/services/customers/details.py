"""Changing what is known of a customer beside its address and language: kept with who changed it."""

import re
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.db import take_turns
from paymail.errors import InvalidInput
from paymail.services.core import customer_history
from paymail.services.core.customers import TURN, CustomerErased
from paymail.services.customers import addresses
from paymail.services.links import pay_links

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_LONGEST = {"name": 300, "attention": 200, "address": 2000, "country": 2, "tax_id": 60}


class BadDetail(InvalidInput):
    """A detail of the customer is missing, too long or not what it is called."""

    code = "bad_customer_detail"


@dataclass(frozen=True, slots=True)
class Details:
    """What documents say of the buyer, by its columns."""

    name: str
    attention: str = ""
    address: str = ""
    country: str = ""
    tax_id: str = ""


def change_details(
    session: Session, *, customer_id: int, asked: Details, actor: str, now: datetime
) -> list[str]:
    """Give a customer other details; return the columns that changed. Waiting emails are written afresh.

    What the host says later is taken over again. Raises BadDetail, NoSuchCustomer, CustomerMerged,
    CustomerErased, AddressTaken.
    """
    wanted = _checked(asked)
    take_turns(session, TURN)  # no import makes a customer of this name meanwhile
    found = addresses.customer(session, customer_id=customer_id, lock=True)
    if found.erased_at is not None:
        raise CustomerErased(f"the data of customer {customer_id} has been erased")
    addresses.refuse_twin(session, found, name=wanted["name"], address=found.email)
    changed = [column for column, value in wanted.items() if value != getattr(found, column)]
    for column in changed:
        values = (getattr(found, column), wanted[column])
        customer_history.record(session, found, column, values, actor, now)
        setattr(found, column, wanted[column])
    session.flush()
    if changed:
        pay_links.write_customers_waiting_afresh(session, customer_id=customer_id)
    return changed


def _checked(asked: Details) -> dict[str, str]:
    """Return the details by column, each on one line but the address. Raises BadDetail."""
    given = {column: " ".join(value.split()) for column, value in asdict(asked).items()}
    lines = (" ".join(line.split()) for line in asked.address.splitlines())
    given["address"] = "\n".join(line for line in lines if line)
    given["country"] = given["country"].upper()
    if not given["name"]:
        raise BadDetail("enter the customer's name")
    for column, longest in _LONGEST.items():
        if column != "country" and len(given[column]) > longest:
            raise BadDetail(f"the {column.replace('_id', ' ID')} can have at most {longest} characters")
    if given["country"] and not _COUNTRY.fullmatch(given["country"]):
        raise BadDetail("the country must be two letters (ISO 3166-1), such as AU")
    return given
