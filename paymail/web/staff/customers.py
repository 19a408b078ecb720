"""One customer: who it is, its invoices, and changing its address or locale."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from paymail.errors import Conflict, InvalidInput
from paymail.i18n import LANGUAGES
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.customers import addresses, languages
from paymail.services.lists import lookup
from paymail.services.outbox import suppressions
from paymail.web.http.inputs import RowId
from paymail.web.staff.session import Person
from paymail.wiring import App


def router(app: App, pages: Jinja2Templates, person: Person) -> APIRouter:
    """Return the customer's page."""
    routes = APIRouter(prefix="/customers")
    Visiting = Annotated[Visitor, Depends(person)]

    def shown(
        request: Request, visitor: Visitor, customer_id: int, problem: str = "", status: int = 200
    ) -> HTMLResponse:
        with app.reading() as session:
            customer = addresses.customer(session, customer_id=customer_id)
            context = {
                "visitor": visitor,
                "customer": customer,
                "suppressed": suppressions.active(session, address=customer.email),
                "invoices": lookup.invoices_of(session, customer_id=customer_id),
                "languages": LANGUAGES,
                "problem": problem,
            }
        return pages.TemplateResponse(request, "customer.html", context, status)

    @routes.get("/{customer_id}")
    def page(request: Request, visitor: Visiting, customer_id: RowId) -> HTMLResponse:
        return shown(request, visitor, customer_id)

    @routes.post("/{customer_id}/email")
    def change(
        request: Request,
        visitor: Visiting,
        customer_id: RowId,
        csrf: Annotated[str, Form()],
        address: Annotated[str, Form(max_length=500)],
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        try:
            with app.transaction() as session:
                addresses.change_email(
                    session, customer_id=customer_id, address=address, actor=visitor.email, now=app.now()
                )
        except (InvalidInput, Conflict) as error:
            status = 422 if isinstance(error, InvalidInput) else 409
            return shown(request, visitor, customer_id, str(error), status)
        return RedirectResponse(f"/staff/customers/{customer_id}", 303)

    @routes.post("/{customer_id}/locale")
    def speak(
        request: Request,
        visitor: Visiting,
        customer_id: RowId,
        csrf: Annotated[str, Form()],
        locale: Annotated[str, Form(max_length=20)] = "",
    ) -> Response:
        staff.check_csrf(visitor, csrf)
        try:
            with app.transaction() as session:
                languages.set_locale(session, customer_id=customer_id, tag=locale)
        except InvalidInput as error:
            return shown(request, visitor, customer_id, str(error), 422)
        return RedirectResponse(f"/staff/customers/{customer_id}", 303)

    return routes
