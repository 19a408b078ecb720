"""One customer: who it is, its invoices, and changing its address or locale."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.i18n import LANGUAGES
from paymail.models import Contact, ContactRole, Issuer
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.customers import addresses, contacts, languages, merger, saved_methods
from paymail.services.letters import statements
from paymail.services.letters.kind import Group
from paymail.services.lists import lookup
from paymail.services.outbox import suppressions
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText, RowId
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/customers")


def shown(
    app: App, request: Request, visitor: Visitor, customer_id: int, problem: str = "", status: int = 200
) -> HTMLResponse:
    """Return the page of a customer, with what went wrong. Raises NoSuchCustomer."""
    with app.reading() as session:
        customer = addresses.customer(session, customer_id=customer_id)
        issuer = session.get_one(Issuer, customer.issuer_id)
        context = {
            "visitor": visitor,
            "customer": customer,
            "suppressed": suppressions.active(session, address=customer.email),
            "invoices": lookup.invoices_of(session, customer_id=customer_id),
            "contacts": (known := contacts.listed(session, customer_id=customer_id)),
            "left_out": _suppressed(session, known),
            "groups_of": contacts.groups_of,
            "groups": list(Group),
            "roles": list(ContactRole),
            "languages": LANGUAGES,
            "saved": saved_methods.current(session, customer_id=customer_id, account=issuer.stripe_account),
            "removing": saved_methods.unfinished(session, customer_id=customer_id),
            "statements": statements.currencies(session, customer_id=customer_id),
            "namesakes": merger.namesakes(session, customer=customer),
            "problem": problem,
        }
    return PAGES.TemplateResponse(request, "customer.html", context, status)


def _suppressed(session: Session, known: list[Contact]) -> set[str]:
    found = suppressions.among(session, addresses=[one.email for one in known])
    return {one.email for one in known if suppressions.normalised(one.email) in found}


@router.get("/{customer_id}")
def page(app: AppDep, request: Request, visitor: Visiting, customer_id: RowId) -> HTMLResponse:
    """Show one customer."""
    return shown(app, request, visitor, customer_id)


@router.post("/{customer_id}/email")
def change(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    customer_id: RowId,
    csrf: FormText,
    address: Annotated[FormText, Form(max_length=500)],
) -> Response:
    """Change the address that emails go to."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            addresses.change_email(
                session, customer_id=customer_id, address=address, actor=visitor.email, now=app.now()
            )
    except (InvalidInput, Conflict) as error:
        status = 422 if isinstance(error, InvalidInput) else 409
        return shown(app, request, visitor, customer_id, str(error), status)
    return RedirectResponse(f"/staff/customers/{customer_id}", 303)


@router.post("/{customer_id}/locale")
def speak(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    customer_id: RowId,
    csrf: FormText,
    locale: Annotated[FormText, Form(max_length=20)] = "",
) -> Response:
    """Change the locale of the customer's emails; empty: the issuer's."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            languages.set_locale(session, customer_id=customer_id, tag=locale)
    except InvalidInput as error:
        return shown(app, request, visitor, customer_id, str(error), 422)
    return RedirectResponse(f"/staff/customers/{customer_id}", 303)
