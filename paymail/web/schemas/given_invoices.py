"""Invoices that programs put, as JSON: their form is checked here, their values by the import."""

import json
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from paymail.models import InvoiceStatus
from paymail.services.imports.given import GivenInvoice, Put
from paymail.services.imports.optional_fields import LONGEST_REF, MOST_KEYS
from paymail.web.http.inputs import encodable
from paymail.web.schemas.body import Body
from paymail.web.schemas.invoices import InvoiceDetail

MOST_ITEMS = 1000
Line = Annotated[
    str, StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$"), AfterValidator(encodable)
]
"""A text of one line."""
Paragraph = Annotated[
    str,
    StringConstraints(max_length=5000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"),
    AfterValidator(encodable),
]
"""A text with line breaks and tabs."""
Number = Annotated[
    Line, Field(max_length=40, description="Decimal number as text, so that nothing is rounded.")
]
Day = Annotated[Line, Field(max_length=40, description="ISO 8601.", examples=["2026-12-01"])]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it is empty")
    return text.strip()


Reference = Annotated[Line, Field(max_length=LONGEST_REF), AfterValidator(_not_blank)]
"""An id of the host's own."""
_NUMBERED = {"invoice_number": "invoice_id"}
_OF_ITEMS = {"amount": "line_amount", "tax_rate": "line_tax_rate", "tax_category": "line_tax_category"}


class ItemBody(Body):
    """One line. Money in major units of the invoice's currency, without tax."""

    line: int | None = Field(
        None, ge=1, le=10**6, strict=True, description="Position; by default 1, 2, 3 … in the order given."
    )
    description: Paragraph = Field(min_length=1, examples=["Support"])
    quantity: Number = Field(examples=["1"])
    unit_price: Number = Field(examples=["75.00"])
    amount: Number | None = Field(None, description="By default quantity times unit price.")
    tax_rate: Number | None = Field(None, description="Per cent; by default the invoice's.")
    tax_category: Line | None = Field(
        None, max_length=10, description="EN 16931: `S`, `Z`, `E`, `AE` or `O`; by default as the rate says."
    )

    def columns(self) -> dict[str, str]:
        """Return what is said, by the columns of a file."""
        said = self.model_dump(exclude_none=True)
        return {_OF_ITEMS.get(name, name): str(value) for name, value in said.items()}


class InvoiceBody(Body):
    """An invoice. What is left out is worked out (sums), stays as it is (status, optional fields) or is empty
    (`payment_token`, `amount_paid`)."""

    invoice_number: Line | None = Field(
        None, max_length=60, description="By default the whole number after the issuer's highest."
    )
    customer_ref: Line | None = Field(
        None, max_length=LONGEST_REF, description="Your own id of the customer. Alone it is enough if known."
    )
    customer_name: Line | None = Field(None, examples=["The Vacuum Shop"])
    customer_email: Line | None = Field(
        None,
        max_length=7000,
        description="Or several, separated by semicolons: then they are all that your system has.",
        examples=["a@shop.example"],
    )
    customer_tax_id: Line | None = None
    customer_address: Paragraph | None = None
    customer_country: Line | None = Field(None, max_length=10, description="ISO 3166-1.", examples=["AU"])
    customer_attention: Line | None = None
    currency: Line = Field(max_length=10, description="ISO 4217, upper case.", examples=["AUD"])
    issued_date: Day
    due_date: Day
    status: InvoiceStatus | None = Field(
        None, description="By default `draft` for a new one, else unchanged."
    )
    tax_rate: Number | None = Field(None, description="Per cent, of all items without a rate of their own.")
    items: list[ItemBody] = Field(min_length=1, max_length=MOST_ITEMS)
    subtotal: Number | None = Field(None, description="By default the sum of the items.")
    tax_amount: Number | None = Field(None, description="By default rounded half up, once per rate.")
    total: Number | None = Field(None, description="By default subtotal and tax.")
    amount_paid: Number | None = Field(None, description="All that you know was ever paid.")
    tax_amount_aud: Number | None = Field(None, description="The tax in Australian dollars.")
    purchase_order: Line | None = None
    terms: Paragraph | None = None
    notes: Paragraph | None = None
    metadata: dict[Line, Line] | None = Field(None, max_length=MOST_KEYS)
    payment_token: Line | None = Field(
        None, max_length=64, repr=False, description="The link that you have mailed already; never shown."
    )

    def given(self, external_ref: str = "") -> GivenInvoice:
        """Return what is said, as the import takes it."""
        said = self.model_dump(exclude_none=True, exclude={"items", "metadata", "external_ref"})
        head = {_NUMBERED.get(name, name): str(value) for name, value in said.items()}
        if self.metadata is not None:
            head["metadata"] = json.dumps(self.metadata)
        if external_ref:
            head["external_ref"] = external_ref
        return GivenInvoice(head, tuple(item.columns() for item in self.items))


class InvoiceLine(InvoiceBody):
    """One line of an NDJSON import: the body of the PUT, with your id of the invoice."""

    external_ref: Reference


class InvoiceFile(InvoiceBody):
    """A file with one invoice."""

    external_ref: Reference | None = None


class Kept(BaseModel):
    """Where paymail's own value stays."""

    pointer: str
    detail: str


class PutResult(BaseModel):
    """What became of it."""

    result: str = Field(description="`created`, `updated` or `unchanged`.", examples=["updated"])
    changed: list[str] = Field(description="Fields that were taken over, if it was updated.")
    kept: list[Kept] = Field(description="Where paymail's own value stays, and why.")


class PutInvoice(PutResult):
    """What became of an invoice, and how it is now."""

    invoice: InvoiceDetail

    @classmethod
    def of(cls, put: Put, invoice: InvoiceDetail) -> "PutInvoice":
        """Return the answer."""
        kept = [Kept(pointer=one.column, detail=one.reason) for one in put.kept]
        return cls(result=put.what, changed=list(put.fields), kept=kept, invoice=invoice)
