"""The list of invoices: one filter in the address, saved views, a page by key, sums of the result, CSV."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from sqlalchemy.orm import Session

from paymail.services.lists import invoice_text, saved_views
from paymail.services.lists.cursor import every
from paymail.services.lists.invoice_filter import BadFilter, InvoiceFilter
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import RowId
from paymail.web.schemas.invoice_csv import lines_of
from paymail.web.staff import flash
from paymail.web.staff.form_actions import Lines, Refusal, StaffForm, Text, act
from paymail.web.staff.invoice_list_view import Place, list_page, place_of
from paymail.web.staff.picks import picked
from paymail.web.staff.session import Visiting

router = APIRouter()


class ViewForm(StaffForm):
    """Keep the filter that the page shows, under a name."""

    name: Text = ""
    query: Lines = ""


@router.get("/invoices")
def invoices(app: AppDep, request: Request, visitor: Visiting) -> Response:
    """List invoices by the filter in the address; the number of one invoice leads to it."""
    try:
        place = place_of(request.query_params.multi_items())
    except BadFilter as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return list_page(app, request, visitor, Place(InvoiceFilter()), refusal)
    if [name for name, _ in place.wanted.pairs()] == ["q"] and place.first:
        with app.reading() as session:
            found = invoice_text.the_one(session, find=place.wanted.q)
        if found:
            return RedirectResponse(f"/staff/invoices/{found}", 303)
    return list_page(app, request, visitor, place)


@router.get("/invoices.csv")
def csv(app: AppDep, _visitor: Visiting, request: Request) -> StreamingResponse:
    """Give all that the filter finds as CSV; of what was picked on a page, only that."""
    wanted = picked(request.query_params.multi_items())

    def lines() -> Iterator[str]:
        with app.reading() as session:
            yield from lines_of(every(session, wanted=wanted, now=app.now()))

    head = {"Content-Disposition": 'attachment; filename="invoices.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=head)


@router.post("/views")
def save(app: AppDep, request: Request, visitor: Visiting, form: Annotated[ViewForm, Form()]) -> Response:
    """Keep the filter under a name, and show it."""
    place = Place(InvoiceFilter())

    def do(session: Session, now: datetime) -> None:
        nonlocal place
        place = place_of(parse_qsl(form.query))
        saved_views.save(session, user_id=visitor.user_id, name=form.name, query=place.view, now=now)

    if refusal := act(app, visitor, form, do):
        return list_page(app, request, visitor, place, refusal)
    return flash.back_to(f"/staff/invoices?{place.view}", "view_saved")


@router.post("/views/{view_id}/remove")
def remove(
    app: AppDep, request: Request, visitor: Visiting, view_id: RowId, form: Annotated[StaffForm, Form()]
) -> Response:
    """Forget a saved view; the invoices are as they were."""

    def do(session: Session, _now: datetime) -> None:
        saved_views.remove(session, user_id=visitor.user_id, view_id=view_id)

    if refusal := act(app, visitor, form, do):
        return list_page(app, request, visitor, Place(InvoiceFilter()), refusal)
    return flash.back_to("/staff/invoices", "view_gone")
