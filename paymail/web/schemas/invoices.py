"""Invoices as JSON: in a list, and with all that happened to them."""

import json
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from paymail.models import Invoice, InvoiceLine, Message, TimelineEvent
from paymail.money import Obstacle
from paymail.services.core.online_payment import online_obstacle
from paymail.services.ledger.awaited_payments import AwaitedPayment
from paymail.web.http.inputs import Text
from paymail.web.schemas.account import Sums, sums
from paymail.web.schemas.body import Body
from paymail.web.schemas.customer_invoice import Item, PayInvoice, describe
from paymail.web.schemas.messages import MessageRow
from paymail.web.schemas.units import major


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


class ItemDetail(Item):
    """One line, with the tax that it gives for itself."""

    tax_rate: float | None = Field(description="Per cent; null if it is the invoice's.")
    tax_category: str = Field(description="EN 16931; empty if it is as the rate says.")

    @classmethod
    def with_tax(cls, line: InvoiceLine, currency: str) -> "ItemDetail":
        """Return a line of an invoice."""
        rate = None if line.tax_rate is None else float(line.tax_rate)
        return cls(**Item.of(line, currency).model_dump(), tax_rate=rate, tax_category=line.tax_category)


class InvoiceDetail(PayInvoice, Sums):
    """An invoice with all that happened to it."""

    external_ref: str = Field(description="Your own id of the invoice; empty if you gave none.")
    customer_id: int
    customer_ref: str = Field(description="Your own id of the customer; empty if you gave none.")
    customer_email: str
    items: list[ItemDetail]  # type: ignore[assignment]  # of a model that is only read
    tax_amount_aud: float | None = Field(description="The tax in Australian dollars; null if not given.")
    purchase_order: str
    terms: str
    notes: str
    metadata: dict[str, str]
    rounding_difference: float = Field(
        description="How far the host's total is from the one that half-up rounding of each line, and of the"
        " tax once per rate, gives."
    )
    not_online: Obstacle | None = Field(
        description="Why nothing of the balance can be paid online; null if it can, or nothing is owed."
    )
    payment_url: str | None = Field(description="Secret pay link; null without the write scope.")
    payment_url_expires_at: datetime | None = Field(
        description="When the link expires; null if never, or no link."
    )
    viewed_at: datetime | None = Field(
        description="When a person first pressed a button of its pay page after its newest invoice email was"
        " handed over; null if nobody has. Opening the link does not count: mail scanners do that."
    )
    messages: list[MessageRow] = Field(description="Its 100 newest emails, newest first.")
    history: list[Happening] = Field(description="Oldest first.")

    @classmethod
    def of(
        cls,
        invoice: Invoice,
        *,
        now: datetime,
        awaited: AwaitedPayment | None,
        link: str | None,
        viewed_at: datetime | None,
        messages: Iterable[Message],
        history: Iterable[TimelineEvent],
    ) -> "InvoiceDetail":
        """Return all that is known of an invoice; `link` is its pay link, None for who may not see it.

        `awaited` is the payment that waits for the customer, if any.
        """
        return cls(
            **describe(invoice, now=now, awaited=awaited).model_dump(exclude={"items"}),
            **sums(invoice),
            external_ref=invoice.external_ref or "",
            customer_id=invoice.customer_id,
            customer_ref=invoice.customer.external_ref or "",
            customer_email=invoice.customer.email,
            items=[ItemDetail.with_tax(line, invoice.currency) for line in invoice.lines],
            tax_amount_aud=major(invoice.tax_aud, "AUD") if invoice.tax_aud else None,
            purchase_order=invoice.purchase_order,
            terms=invoice.terms,
            notes=invoice.notes,
            metadata=json.loads(invoice.host_metadata or "{}"),
            rounding_difference=major(invoice.rounding_difference, invoice.currency),
            not_online=online_obstacle(invoice),
            payment_url=link,
            payment_url_expires_at=invoice.payment_token_expires_at,
            viewed_at=viewed_at,
            messages=[MessageRow.of(message) for message in messages],
            history=[Happening.of(event) for event in history],
        )


class Send(Body):
    """When to send, and whether to send a further copy."""

    at: Text = Field(
        "",
        max_length=40,
        description="ISO 8601; without an offset it is the issuer's local time. Also `next business morning`."
        " If empty, now.",
        examples=["2026-12-01T09:00"],
    )
    again: bool = Field(False, strict=True, description="Send another copy if it has already been emailed.")
