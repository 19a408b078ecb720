"""Invoices: find, look at, send."""

from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from paymail.models import InvoiceStatus, PaymentStatus
from paymail.services.access.api_keys import KeyScope
from paymail.services.core.contexts import Context
from paymail.services.core.history import history
from paymail.services.core.invoices import load_invoice, payment_url
from paymail.services.core.issuers import find_issuer
from paymail.services.imports.given import put_invoice as put
from paymail.services.ledger import awaited_payments
from paymail.services.lists import cursor, lookup
from paymail.services.lists.delivery_record import viewed_at
from paymail.services.lists.invoice_filter import InvoiceFilter, day_after, day_before, from_text
from paymail.services.lists.overdue_age import Age
from paymail.services.sending import requests
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import LARGEST_ID, After, FilterText, Limit, OptionalRowId, RowId, Text
from paymail.web.http.openapi import LIST_PROBLEMS, PROBLEMS
from paymail.web.http.rate_limits import rate_limits
from paymail.web.schemas.given_invoices import InvoiceBody, PutInvoice, Reference
from paymail.web.schemas.invoice_rows import InvoiceRow
from paymail.web.schemas.invoices import InvoiceDetail, Send
from paymail.web.schemas.messages import QueuedInvoice
from paymail.web.schemas.pages import Page, page
from paymail.wiring import App

router = APIRouter(prefix="/api/v1/invoices", tags=["invoices"])

SendKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="A request repeated with the same key is carried out once, even with `again`.",
    ),
]


FILTER = (
    "A filter as in the address of the staff page's list: `delivery`, `payment`, `overdue`, `q`, `batch`,"
    " `currency`, `amount_from` and the others, such as `delivery=bounced&overdue=31-60,61-90`."
)


def wanted(
    status: InvoiceStatus | None = None,
    payment_status: PaymentStatus | None = None,
    customer: Annotated[
        Text, Query(max_length=100, description="Part of the customer's name or address.")
    ] = "",
    due_before: date | None = None,
    due_after: date | None = None,
    issued_before: date | None = None,
    issued_after: date | None = None,
    issuer: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only this issuer's.")] = None,
    overdue: Annotated[
        bool, Query(description="Only what is owed and past its due date, on the issuer's calendar.")
    ] = False,
    filter: Annotated[FilterText, Query(description=FILTER)] = "",
) -> InvoiceFilter:
    """Read the filter from the query; the other parameters narrow what `filter` names. Raises BadFilter."""
    given: dict[str, Any] = {
        "status": status,
        "payment_status": payment_status,
        "customer": customer,
        "due_to": day_before(due_before),
        "due_from": day_after(due_after),
        "issued_to": day_before(issued_before),
        "issued_from": day_after(issued_after),
        "company": (issuer,) if issuer else (),
        "overdue": (Age.ANY,) if overdue else (),
    }
    return replace(from_text(filter), **{name: value for name, value in given.items() if value})


HostRef = Annotated[
    Reference,
    Path(
        alias="invoice_id",
        description="Not paymail's number: your own id of the invoice (`external_ref`), any text without a"
        " slash, percent-encoded.",
    ),
]


@router.get("", responses=LIST_PROBLEMS, response_model=Page[InvoiceRow])
def list_invoices(
    app: AppDep,
    _holder: Reader,
    asked: Annotated[InvoiceFilter, Depends(wanted)],
    limit: Limit = 50,
    after: After = None,
) -> dict[str, object]:
    """List invoices, newest first. Scope: read."""
    with app.reading() as session:
        found = cursor.invoices(session, wanted=asked, now=app.now(), limit=limit, after=after)
        return page(found, InvoiceRow.of)


@router.get("/{invoice_id}", responses=PROBLEMS)
def get_invoice(app: AppDep, holder: Reader, invoice_id: RowId) -> InvoiceDetail:
    """Show one invoice. Scope: read; its pay link only with write."""
    with app.reading() as session:
        return _detail(app, session, invoice_id, may_see_link=KeyScope.WRITE in holder.scopes)


@router.put("/{invoice_id}", responses=PROBLEMS | {201: {"model": PutInvoice}})
async def put_invoice(
    app: AppDep,
    holder: Writer,
    request: Request,
    response: Response,
    external_ref: HostRef,
    body: InvoiceBody,
    issuer: OptionalRowId = None,
) -> PutInvoice:
    """Create the invoice that has this id in your own system (`external_ref`), 201, or take over what you
    say otherwise of it, 200; the same again changes nothing. Scope: write."""

    def work() -> PutInvoice:
        with app.reading() as session:
            issuer_id = find_issuer(session, ref=str(issuer or "")).issuer_id
        found = put(
            Context(app.transaction, app.now),
            reading=Context(app.reading, app.now),
            given=body.given(external_ref),
            issuer_id=issuer_id,
            actor=holder.actor,
        )
        with app.reading() as session:
            return PutInvoice.of(found, _detail(app, session, found.invoice_id, may_see_link=True))

    answer = await rate_limits(request).writing.run(work)
    response.status_code = 201 if answer.result == "created" else 200
    return answer


@router.post("/{invoice_id}/send", status_code=202, responses=PROBLEMS)
def send_invoice(
    app: AppDep,
    holder: Writer,
    invoice_id: RowId,
    body: Send = Send(),
    idempotency_key: SendKey = None,
) -> QueuedInvoice:
    """Queue the invoice email. Who has it already gets no second one without `again`. Scope: write."""
    request = requests.Request(body.at, body.again, idempotency_key or "", holder.prefix)
    with app.transaction() as session:
        queued = requests.send_requested(
            session, invoice_id=invoice_id, request=request, actor=holder.actor, now=app.now()
        )
        return QueuedInvoice.of_invoice(queued, load_invoice(session, invoice_id=invoice_id))


def _detail(app: App, session: Session, invoice_id: int, *, may_see_link: bool) -> InvoiceDetail:
    invoice = lookup.invoice(session, invoice_id=invoice_id)
    shows = may_see_link and invoice.payment_token
    return InvoiceDetail.of(
        invoice,
        now=app.now(),
        awaited=awaited_payments.awaited(session, invoice_id=invoice_id),
        link=payment_url(app.settings.public_url, invoice) if shows else None,
        viewed_at=viewed_at(session, invoice_id=invoice_id),
        messages=lookup.messages(session, invoice_id=invoice_id),
        history=history(session, invoice_id=invoice_id),
    )
