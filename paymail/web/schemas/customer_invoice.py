"""An invoice as its customer sees it, as JSON."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from paymail.models import Invoice, InvoiceLine, SavedMethod
from paymail.services.core.documents import taxes_of
from paymail.services.core.invoices import local_date
from paymail.services.customers.saved_methods import CONSENT
from paymail.services.ledger.awaited_payments import AwaitedPayment
from paymail.services.plans.choice import smallest, suggested
from paymail.tax import TaxCategory, TaxTotal, single_rate
from paymail.web.schemas.plans import PlanRow, plan_rows
from paymail.web.schemas.units import major


class Item(BaseModel):
    """One line; money in major units of the invoice's currency."""

    line: int
    description: str
    quantity: float
    unit_price: float
    amount: float

    @classmethod
    def of(cls, line: InvoiceLine, currency: str) -> "Item":
        """Return a line of an invoice."""
        return cls(
            line=line.position,
            description=line.description,
            quantity=float(line.quantity),
            unit_price=float(line.unit_price),
            amount=major(line.amount, currency),
        )


class TaxRow(BaseModel):
    """The tax of all lines of one category and rate. Money in major units."""

    category: TaxCategory = Field(
        description="EN 16931: `S` standard, `Z` zero-rated (of GST in Australia: GST-free), `E` exempt,"
        " `AE` reverse charge, `O` outside the scope."
    )
    rate: float = Field(description="Per cent.")
    net: float = Field(description="What the tax is charged on. Together they are `subtotal`.")
    tax: float = Field(description="Together they are `tax_amount`.")

    @classmethod
    def of(cls, total: TaxTotal) -> "TaxRow":
        """Return a group of an invoice's lines."""
        return cls(
            category=total.category,
            rate=float(total.rate),
            net=float(total.net.decimal),
            tax=float(total.tax.decimal),
        )


class Awaited(BaseModel):
    """A payment that the customer makes by their own act: with a code, by a transfer, in their bank's app."""

    method: str = Field(description="Stripe's word for the method, such as `konbini`.", examples=["konbini"])
    until: datetime | None = Field(description="When it expires; null if Stripe names no end.")

    @classmethod
    def of(cls, awaited: AwaitedPayment) -> "Awaited":
        """Return what is awaited, without the page that has the code."""
        return cls(method=awaited.kind, until=awaited.until)


class PayInvoice(BaseModel):
    """What the pay page shows. Money in major units, as JSON numbers."""

    model_config = ConfigDict(populate_by_name=True)

    invoice_id: int
    invoice_number: str
    issuer_name: str
    currency: str = Field(description="ISO 4217, upper case.")
    subtotal: float
    tax_name: str
    tax_rate: float | None = Field(description="Per cent; null if the lines have several: see `taxes`.")
    tax_amount: float
    taxes: list[TaxRow] = Field(description="Tax per category and rate, standard rates first.")
    total: float
    amount_paid: float
    balance: float
    issued_date: str
    due_date: str
    payment_status: str
    status: str
    customer_name: str
    items: list[Item]
    can_pay: bool = Field(serialization_alias="canPay")
    waiting: Awaited | None = Field(
        description="Payment that waits for the customer; until it is made, expires or is cancelled, no other"
        " can be started."
    )
    plan: list[PlanRow] = Field(description="Payment plan, by due date; empty if none.")
    asked: float = Field(
        description="Amount due now: the balance or, with a plan, everything due and at least the next one."
    )
    least_payment: float = Field(description="Minimum amount that can be paid now.")


class SavedMethodRow(BaseModel):
    """A payment method that the customer saved for this issuer. Nothing is charged to it without them."""

    id: int
    brand: str = Field(examples=["Visa"])
    last4: str = Field(description="Empty for methods without digits.", examples=["4242"])


class CustomerInvoice(PayInvoice):
    """The invoice of a pay link, with what the customer saved for its issuer."""

    saved_method: SavedMethodRow | None = Field(description="The saved payment method, if any.")
    save_consent: str = Field(
        description="Version of the consent to save the payment method, to send as `saveMethod`; empty if"
        " this is not offered."
    )

    @classmethod
    def of(cls, shown: PayInvoice, *, saved: SavedMethod | None, offered: bool) -> "CustomerInvoice":
        """Return the invoice with what is saved."""
        row = None
        if saved is not None:
            row = SavedMethodRow(id=saved.saved_method_id, brand=saved.brand, last4=saved.last4)
        return cls(**shown.model_dump(), saved_method=row, save_consent=CONSENT if offered else "")


def describe(invoice: Invoice, *, now: datetime, awaited: AwaitedPayment | None) -> PayInvoice:
    """Return the public view of an invoice: what its email says, and how it may be paid now.

    `awaited` is the payment that waits for the customer, if any.
    """
    currency = invoice.currency
    taxes = taxes_of(invoice)
    rate = single_rate(taxes)
    return PayInvoice(
        invoice_id=invoice.invoice_id,
        invoice_number=invoice.number,
        issuer_name=invoice.issuer.name,
        currency=currency,
        subtotal=major(invoice.subtotal, currency),
        tax_name=invoice.issuer.tax_name,
        tax_rate=None if rate is None else float(rate),
        tax_amount=major(invoice.tax_amount, currency),
        taxes=[TaxRow.of(group) for group in taxes],
        total=major(invoice.total, currency),
        amount_paid=major(invoice.amount_paid, currency),
        balance=major(invoice.balance, currency),
        issued_date=invoice.issued_date.isoformat(),
        due_date=invoice.due_date.isoformat(),
        payment_status=invoice.payment_status.value,
        status=invoice.status.value,
        customer_name=invoice.customer.name,
        items=[Item.of(line, currency) for line in invoice.lines],
        can_pay=invoice.can_pay and awaited is None,
        waiting=Awaited.of(awaited) if awaited else None,
        plan=plan_rows(invoice),
        asked=major(suggested(invoice, local_date(invoice.issuer, now)), currency),
        least_payment=major(smallest(invoice), currency),
    )
