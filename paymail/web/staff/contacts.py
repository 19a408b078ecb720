"""The contacts on a customer's page: added and removed."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.models import ContactRole
from paymail.services.access import staff
from paymail.services.customers import contacts
from paymail.services.customers.contacts import NewContact
from paymail.services.letters.kind import Group
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import FormText, RowId
from paymail.web.staff import flash
from paymail.web.staff.customer_view import shown
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/customers/{customer_id}/contacts")


@router.post("")
def add(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    customer_id: RowId,
    csrf: FormText,
    address: Annotated[FormText, Form(max_length=500)],
    role: Annotated[ContactRole, Form()] = ContactRole.CC,
    gets: Annotated[list[Group] | None, Form()] = None,
) -> Response:
    """Add a contact."""
    staff.check_csrf(visitor, csrf)
    asked = NewContact(address, role, frozenset(gets or ()))
    try:
        with app.transaction() as session:
            contacts.add(session, customer_id=customer_id, asked=asked, actor=visitor.email, now=app.now())
    except (InvalidInput, Conflict) as error:
        status = 422 if isinstance(error, InvalidInput) else 409
        return shown(app, request, visitor, customer_id, str(error), status)
    return flash.back_to(f"/staff/customers/{customer_id}", "contact")


@router.post("/{contact_id}/remove")
def remove(
    app: AppDep, request: Request, visitor: Visiting, customer_id: RowId, contact_id: RowId, csrf: FormText
) -> Response:
    """Remove a contact. One that is gone already is what was wanted."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            contacts.remove(
                session, customer_id=customer_id, contact_id=contact_id, actor=visitor.email, now=app.now()
            )
    except contacts.NoSuchContact:
        pass
    except NotFound as error:
        return shown(app, request, visitor, customer_id, str(error), 404)
    return flash.back_to(f"/staff/customers/{customer_id}", "contact_gone")
