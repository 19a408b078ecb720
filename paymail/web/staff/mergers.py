"""Merging two customers who are one: first what it will do, then done."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from paymail.errors import Conflict, NotFound
from paymail.services.access import staff
from paymail.services.customers import merger
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, FormText, RowId, Text
from paymail.web.staff import flash
from paymail.web.staff.customer_view import shown
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/customers/{customer_id}/merge")


def _number(text: str) -> int:
    """Return the number of a customer as somebody typed it; 0, which is nobody's, for anything else."""
    digits = text.strip().removeprefix("#")
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else 0
    return number if number <= LARGEST_ID else 0


@router.get("")
def ask(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    customer_id: RowId,
    into: Annotated[Text, Query(max_length=40)] = "",
) -> Response:
    """Show what a merger will do."""
    if not into:
        return shown(app, request, visitor, customer_id)
    try:
        with app.reading() as session:
            found = merger.preview(session, customer_id=customer_id, into=_number(into))
            context = {"visitor": visitor, "merger": found}
            return PAGES.TemplateResponse(request, "merger.html", context)
    except (Conflict, NotFound) as error:
        return shown(app, request, visitor, customer_id, str(error), 409)


@router.post("")
def merge(
    app: AppDep, request: Request, visitor: Visiting, customer_id: RowId, csrf: FormText, into: FormText
) -> Response:
    """Merge a customer into another one, and show that one."""
    staff.check_csrf(visitor, csrf)
    try:
        with app.transaction() as session:
            merger.merge(
                session, customer_id=customer_id, into=_number(into), actor=visitor.email, now=app.now()
            )
    except (Conflict, NotFound) as error:
        return shown(app, request, visitor, customer_id, str(error), 409)
    return flash.back_to(f"/staff/customers/{_number(into)}", "merged")
