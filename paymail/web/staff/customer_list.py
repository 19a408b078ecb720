"""The list of customers: searched, by name or by balance, a page by key, and as CSV."""

from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import all_issuers
from paymail.services.lists import customer_pages, customer_sums
from paymail.services.lists.customer_pages import SIZES, sorting_of
from paymail.services.lists.invoice_filter import BadFilter
from paymail.services.reminders import customer_holds
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.schemas import customer_csv
from paymail.web.staff.customer_list_view import Place, heads_of, place_of, rows_of
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter()


@router.get("/customers")
def customers(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """List customers by the filter in the address."""
    try:
        return _page(app, request, visitor, place_of(request.query_params.multi_items()))
    except BadFilter as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return _page(app, request, visitor, Place(), refusal)


@router.get("/customers.csv")
def csv(app: AppDep, _visitor: Visiting, request: Request) -> StreamingResponse:
    """Give all customers that the filter finds as CSV, oldest first."""
    wanted = place_of(request.query_params.multi_items()).wanted

    def lines() -> Iterator[str]:
        now = app.now()
        yield customer_csv.head()
        with app.reading() as session:
            companies = {one.issuer_id: one.name for one in all_issuers(session)}
            for rows in customer_pages.every(session, wanted=wanted):
                ids = [one.customer_id for one in rows]
                owed = customer_sums.owed_by(session, customer_ids=ids, now=now)
                held = {one.customer_id for one in rows if customer_holds.is_held(one, now)}
                yield from customer_csv.lines_of(rows, owed, companies, held)

    given = {"Content-Disposition": 'attachment; filename="customers.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=given)


def _page(
    app: App, request: Request, visitor: Visitor, place: Place, refusal: Refusal | None = None
) -> HTMLResponse:
    """Answer with the list. Eight statements, however many rows, and one for a page that is not the first."""
    now = app.now()
    with app.reading() as session:
        issuers = all_issuers(session)
        chosen = [one for one in issuers if one.issuer_id == place.wanted.company] or issuers
        home = chosen[0].currency if chosen else "AUD"
        sorting = sorting_of(place.sort, home)
        found = customer_pages.page(
            session, wanted=place.wanted, sorting=sorting, size=place.size,
            after=place.after, before=place.before,
        )  # fmt: skip
        rows = rows_of(session, found.rows, issuers, now)
        context = {
            "visitor": visitor,
            "now": now,
            "place": place,
            "found": found,
            "rows": rows,
            "matching": customer_pages.count(session, wanted=place.wanted),
            "issuers": issuers,
            "heads": heads_of(place, sorting),
            "sorting": sorting,
            "sizes": SIZES,
            "home": home,
            "refusal": refusal,
        }
    return PAGES.TemplateResponse(request, "customers.html", context, refusal.status if refusal else 200)
