"""Customers: who is billed."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from paymail.services.core.contexts import Context
from paymail.services.core.customers import find_customer
from paymail.services.core.issuers import find_issuer
from paymail.services.customers import merger
from paymail.services.imports.given import put_customer as put
from paymail.services.letters import statements
from paymail.services.lists import cursor
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.files import binary, pdf_answer
from paymail.web.http.inputs import LARGEST_ID, After, Limit, OptionalRowId, RowId, Text
from paymail.web.http.openapi import LIST_PROBLEMS, PROBLEMS
from paymail.web.http.rate_limits import rate_limits
from paymail.web.schemas.customers import CustomerRow, MergeCustomer, MergedCustomer
from paymail.web.schemas.given_customers import CustomerBody, PutCustomerResult
from paymail.web.schemas.given_invoices import Reference
from paymail.web.schemas.pages import Page, page

router = APIRouter(prefix="/api/v1/customers", tags=["customers"])

HostRef = Annotated[
    Reference,
    Path(
        alias="customer_id",
        description="Not paymail's number: your own id of the customer (`external_ref`), any text without a"
        " slash, percent-encoded.",
    ),
]


@router.get("", responses=LIST_PROBLEMS, response_model=Page[CustomerRow])
def list_customers(
    app: AppDep,
    _holder: Reader,
    issuer: Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Only this issuer's.")] = None,
    customer: Annotated[
        Text,
        Query(
            max_length=100,
            description="Part of the customer's name, addresses, your own id, or tax id.",
        ),
    ] = "",
    limit: Limit = 50,
    after: After = None,
) -> dict[str, object]:
    """List customers, newest first. Scope: read."""
    with app.reading() as session:
        found = cursor.customers(session, issuer_id=issuer, find=customer, limit=limit, after=after)
        return page(found, CustomerRow.of)


@router.get("/{customer_id}", responses=PROBLEMS)
def get_customer(app: AppDep, _holder: Reader, customer_id: RowId) -> CustomerRow:
    """Show one customer. Scope: read."""
    with app.reading() as session:
        return CustomerRow.of(find_customer(session, customer_id=customer_id))


@router.get(
    "/{customer_id}/statement.pdf",
    response_class=Response,
    responses=PROBLEMS | binary("application/pdf"),
)
def get_statement(
    app: AppDep,
    _holder: Reader,
    customer_id: RowId,
    day: Annotated[date | None, Query(description="Last day; today if omitted.")] = None,
    since: Annotated[date | None, Query(description="First day; 90 days earlier if omitted.")] = None,
    currency: Annotated[Text, Query(max_length=3, description="Needed where the customer has several.")] = "",
) -> Response:
    """Download a customer's statement: charged and paid until a day, and what is open then. Scope: read."""
    with app.reading() as session:
        document = statements.statement(
            session,
            customer_id=customer_id,
            now=app.now(),
            day=day,
            since=since,
            currency=currency.upper(),
            public_url=app.settings.public_url,
        )
        pdf = statements.kept(session, customer_id=customer_id, document=document)
    return pdf_answer(pdf or app.pdf.render(document), document.filename)


@router.post("/{customer_id}/merge", responses=PROBLEMS)
async def merge_customer(
    app: AppDep, holder: Writer, request: Request, customer_id: RowId, body: MergeCustomer
) -> MergedCustomer:
    """Merge a customer into another one, which gets its invoices; it cannot be undone. Scope: write."""

    def work() -> MergedCustomer:
        with app.transaction() as session:
            done = merger.merge(
                session, customer_id=customer_id, into=body.into, actor=holder.actor, now=app.now()
            )
            stays = CustomerRow.of(done.stays)
            return MergedCustomer(customer=stays, invoices=done.invoices, emails=done.emails)

    return await rate_limits(request).writing.run(work)


@router.put("/{customer_id}", responses=PROBLEMS | {201: {"model": PutCustomerResult}})
async def put_customer(
    app: AppDep,
    holder: Writer,
    request: Request,
    response: Response,
    external_ref: HostRef,
    body: CustomerBody,
    issuer: OptionalRowId = None,
) -> PutCustomerResult:
    """Create the customer that has this id in your own system (`external_ref`), 201, or take over what you
    say otherwise of it, 200; the same again changes nothing. Scope: write."""

    def work() -> PutCustomerResult:
        given = body.checked(external_ref)
        with app.reading() as session:
            issuer_id = find_issuer(session, ref=str(issuer or "")).issuer_id
        context = Context(app.transaction, app.now)
        found = put(context, given=given, issuer_id=issuer_id, actor=holder.actor)
        with app.reading() as session:
            customer = find_customer(session, customer_id=found.customer_id)
            return PutCustomerResult.of_customer(found, customer)

    answer = await rate_limits(request).writing.run(work)
    response.status_code = 201 if answer.result == "created" else 200
    return answer
