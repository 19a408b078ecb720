"""Who may reach a staff page: decided by `services/access/roles.py`, once, before the route begins."""

from dataclasses import dataclass

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import Denied
from paymail.models import Customer, Invoice, Message
from paymail.services.access import roles
from paymail.services.access.roles import Act, NotAllowed, Roles, issuers_of, may
from paymail.services.access.staff import Visitor
from paymail.services.access.visible import Scope
from paymail.web.staff.needs import act_of, of_all_issuers, route_of


@dataclass(frozen=True, slots=True)
class Admission:
    """What a person may do on the page that they asked for; templates ask it."""

    roles: Roles
    issuer_id: int | None
    """Of what the address names; None: it names nothing of one issuer."""
    scope: Scope | None
    """What the request sees; None: everything."""

    def may(self, act: str) -> bool:
        """Whether to offer an act here: for the issuer of the page, else for any."""
        if self.issuer_id is not None:
            return may(self.roles, Act(act), self.issuer_id)
        return issuers_of(self.roles, Act(act)) != frozenset()

    def opens(self, address: str) -> bool:
        """Whether to offer a page."""
        route = address.removeprefix("/staff")
        act = act_of("GET", route) or Act.SEE
        return may(self.roles, act) if of_all_issuers(route) else issuers_of(self.roles, act) != frozenset()


class EnrolFirst(Denied):
    """An admin requires a second factor of this person, who has none yet: pages lead to setting it up."""

    code = "enrol_first"


def admit(session: Session, request: Request, person: Visitor) -> Admission:
    """Return what a person may do with this request. Raises NotAllowed, EnrolFirst."""
    route, held = route_of(request), person.roles
    act = act_of(request.method, route)
    if act is None:
        raise NotAllowed("Nobody may do this: the form does not say which role it needs.")
    if person.must_enrol and act is not Act.OWN:
        raise EnrolFirst("set up a second factor first")
    if act is Act.OWN:
        seen = issuers_of(held, Act.SEE)
        return Admission(held, None, None if seen is None else Scope(seen, person.email))
    if of_all_issuers(route) and not may(held, act):
        raise roles.refusal(held, act, everywhere=True)
    seen = issuers_of(held, act)
    issuer_id = _issuer_of(session, request) if held.single else None
    if seen == frozenset() or (
        issuer_id is not None and may(held, Act.SEE, issuer_id) and not may(held, act, issuer_id)
    ):
        raise roles.refusal(held, act, issuer_id)
    return Admission(held, issuer_id, None if seen is None else Scope(seen, person.email))


def _issuer_of(session: Session, request: Request) -> int | None:
    """Return the issuer of the row that the address names, if it names one that is there."""
    given = request.path_params
    by_invoice = select(Invoice.issuer_id)
    statements = {
        "invoice_id": by_invoice.where(Invoice.invoice_id == _number(given.get("invoice_id"))),
        "message_id": by_invoice.join(Message, Message.invoice_id == Invoice.invoice_id).where(
            Message.message_id == _number(given.get("message_id"))
        ),
        "customer_id": select(Customer.issuer_id).where(
            Customer.customer_id == _number(given.get("customer_id"))
        ),
    }
    if "issuer_id" in given:
        return _number(given["issuer_id"])
    for name, statement in statements.items():
        if name in given:
            found: int | None = session.scalar(statement)
            return found
    return None


def _number(text: object) -> int:
    """Return a number of the address; 0, which no row has, for what is none."""
    found = str(text)
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 19 else 0
