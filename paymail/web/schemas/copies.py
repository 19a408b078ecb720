"""Copies of invoices and receipts, as programs ask for them."""

from pydantic import Field

from paymail.web.http.inputs import LARGEST_ID
from paymail.web.schemas.body import Body
from paymail.web.schemas.suppressions import Address


class SendCopy(Body):
    """Which copy, and to whom."""

    to: Address = Field(examples=["books@accountant.example"])
    payment_id: int | None = Field(
        None, ge=1, le=LARGEST_ID, description="The payment whose receipt is meant; empty: the invoice."
    )
