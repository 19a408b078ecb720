"""Invoices: find, look at, send."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, Field

from paymail import money
from paymail.models import Invoice, InvoiceStatus, PaymentStatus, TimelineEvent
from paymail.services.access.api_keys import Holder, KeyScope
from paymail.services.core.history import history
from paymail.services.core.invoices import payment_url
from paymail.services.lists import cursor, lookup
from paymail.services.sending import requests
from paymail.web.api.access import Access
from paymail.web.api.messages import MessageRow
from paymail.web.http.inputs import RowId
from paymail.web.schemas.account import Sums, sums
from paymail.web.schemas.invoice import PayInvoice, describe
from paymail.web.schemas.pages import LIST_PROBLEMS, PROBLEMS, After, Asked, Limit, Page, Text, page
from paymail.wiring import App


class InvoiceRow(BaseModel):
    """An invoice in a list. Money in major units."""

    invoice_id: int
    number: str
    issuer_name: str
    customer_name: str
    customer_email: str
    currency: str
    total: float
    balance: float
    issued_date: date
    due_date: date
    status: InvoiceStatus
    payment_status: PaymentStatus

    @classmethod
    def of(cls, invoice: Invoice) -> "InvoiceRow":
        """Return the row of an invoice with issuer and customer."""
        return cls(
            invoice_id=invoice.invoice_id,
            number=invoice.number,
            issuer_name=invoice.issuer.name,
            customer_name=invoice.customer.name,
            customer_email=invoice.customer.email,
            currency=invoice.currency,
            total=float(money.to_decimal(invoice.total, invoice.currency)),
            balance=float(money.to_decimal(invoice.balance, invoice.currency)),
            issued_date=invoice.issued_date,
            due_date=invoice.due_date,
            status=invoice.status,
            payment_status=invoice.payment_status,
        )


class Happening(BaseModel):
    """Something that happened to an invoice."""

    at: datetime
    kind: str
    actor: str
    detail: str
    message_id: int | None

    @classmethod
    def of(cls, event: TimelineEvent) -> "Happening":
        """Return what a row of the timeline says."""
        return cls(
            at=event.at,
            kind=event.kind,
            actor=event.actor,
            detail=event.detail,
            message_id=event.message_id,
        )


class InvoiceDetail(PayInvoice, Sums):
    """An invoice with all that happened to it."""

    customer_email: str
    payment_url: str | None = Field(description="The secret pay link; null for a key without scope write.")
    payment_url_expires_at: datetime | None = Field(description="When it ends; null: never, or no link.")
    messages: list[MessageRow] = Field(description="Its newest 100 emails, newest first.")
    history: list[Happening] = Field(description="Oldest first.")


class Send(Asked):
    """When to send, and whether to send a further copy."""

    at: Text = Field(
        "",
        max_length=40,
        description="ISO 8601; without an offset it is the issuer's local time. Also `next business morning`."
        " Empty is now.",
        examples=["2026-12-01T09:00"],
    )
    again: bool = Field(False, strict=True, description="Send a further copy to who has the email already.")


class Queued(BaseModel):
    """The message that answers the request; `queued` says whether this request wrote it."""

    message_id: int
    queued: bool


def wanted(
    status: InvoiceStatus | None = None,
    payment_status: PaymentStatus | None = None,
    customer: Annotated[
        Text, Query(max_length=100, description="Part of the customer's name or address.")
    ] = "",
    due_before: date | None = None,
    due_after: date | None = None,
) -> cursor.InvoiceFilter:
    """Read the filter from the query."""
    return cursor.InvoiceFilter(status, payment_status, customer, due_before, due_after)


def router(app: App, access: Access) -> APIRouter:
    """Return the routes of invoices."""
    routes = APIRouter(prefix="/api/v1/invoices", tags=["invoices"])
    Reader = Annotated[Holder, Depends(access.needs(KeyScope.READ))]
    Writer = Annotated[Holder, Depends(access.needs(KeyScope.WRITE))]

    @routes.get("", responses=LIST_PROBLEMS, response_model=Page[InvoiceRow])
    def list_invoices(
        _holder: Reader,
        asked: Annotated[cursor.InvoiceFilter, Depends(wanted)],
        limit: Limit = 50,
        after: After = None,
    ) -> dict[str, object]:
        """List invoices, newest first. Scope: read."""
        with app.reading() as session:
            return page(cursor.invoices(session, wanted=asked, limit=limit, after=after), InvoiceRow.of)

    @routes.get("/{invoice_id}", responses=PROBLEMS)
    def get_invoice(holder: Reader, invoice_id: RowId) -> InvoiceDetail:
        """Show one invoice. Scope: read; its pay link only with write."""
        with app.reading() as session:
            invoice = lookup.invoice(session, invoice_id=invoice_id)
            may_see_link = KeyScope.WRITE in holder.scopes and invoice.payment_token
            return InvoiceDetail(
                **describe(invoice, now=app.now()).model_dump(),
                **sums(invoice),
                customer_email=invoice.customer.email,
                payment_url=payment_url(app.settings.public_url, invoice) if may_see_link else None,
                payment_url_expires_at=invoice.payment_token_expires_at,
                messages=[MessageRow.of(m) for m in lookup.messages(session, invoice_id=invoice_id)],
                history=[Happening.of(event) for event in history(session, invoice_id=invoice_id)],
            )

    @routes.post("/{invoice_id}/send", status_code=202, responses=PROBLEMS)
    def send_invoice(
        holder: Writer,
        invoice_id: RowId,
        body: Send = Send(),
        idempotency_key: Annotated[
            str | None,
            Header(
                min_length=1,
                max_length=255,
                description="With the same key the same request is done once, `again` included.",
            ),
        ] = None,
    ) -> Queued:
        """Queue the invoice email. Who has it already gets no second one without `again`. Scope: write."""
        request = requests.Request(body.at, body.again, idempotency_key or "", holder.prefix)
        with app.transaction() as session:
            queued = requests.send_requested(
                session, invoice_id=invoice_id, request=request, actor=holder.actor, now=app.now()
            )
        return Queued(message_id=queued.message_id, queued=queued.created)

    return routes
