"""The form of a draft: what was typed, what is given of it to the import's checks, and faults by field."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from typing import Annotated

from pydantic import Field

from paymail.clock import new_id
from paymail.errors import Conflict
from paymail.models import Customer, Invoice, InvoiceLine
from paymail.money import to_decimal
from paymail.services.imports.faults import Fault
from paymail.services.imports.given import GivenInvoice, version_of
from paymail.web.staff.form_actions import IssuerId, Lines, StaffForm, Text
from paymail.web.staff.money_view import RequestKey

MOST_LINES = 100
"""Of one form; the API takes more."""
BLANK_LINES = 3
"""At the end of a form, to type into."""
Column = Annotated[list[Text], Field(max_length=MOST_LINES)]


class TooManyLines(Conflict):
    """The invoice has more lines than a form takes."""

    code = "too_many_lines"

    def __init__(self, lines: int) -> None:
        super().__init__(
            f"This invoice has {lines} lines, and a page can edit or duplicate at most {MOST_LINES}."
            " Change it in your own system and import it again, or use the API."
        )


class DraftForm(StaffForm):
    """A draft as it was typed. `act` is save, work_out or add; `version` is of the draft being edited."""

    company: IssuerId = ""
    customer: Text = ""
    email: Text = ""
    another: Text = ""
    """The name of which a further customer shall be made: a tick counts for the name it was set beside."""
    number: Text = ""
    issued: Text = ""
    due: Text = ""
    currency: Text = ""
    order: Text = ""
    notes: Lines = ""
    aud: Text = ""
    """The tax in Australian dollars, asked for of a draft that has one; empty: none."""
    description: Annotated[list[Lines], Field(max_length=MOST_LINES)] = Field(default_factory=list)
    quantity: Column = Field(default_factory=list)
    price: Column = Field(default_factory=list)
    rate: Column = Field(default_factory=list)
    category: Column = Field(default_factory=list)
    """Of a line that came with one; hidden, so that nothing is lost."""
    request_key: RequestKey = Field(default_factory=new_id)
    version: Text = ""
    act: Text = "save"


@dataclass(slots=True)
class Row:
    """One line as it was typed, with its amount and its faults by field."""

    description: str = ""
    quantity: str = ""
    price: str = ""
    rate: str = ""
    category: str = ""
    amount: str = ""
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def blank(self) -> bool:
        """Whether nothing was typed."""
        return not (self.description.strip() or self.quantity.strip() or self.price.strip())

    def item(self) -> dict[str, str]:
        """Return it by the columns of a file."""
        said = {
            "description": self.description,
            "quantity": self.quantity,
            "unit_price": self.price,
            "line_tax_rate": self.rate,
        }
        return said | ({"line_tax_category": self.category} if self.category.strip() else {})


def rows_of(form: DraftForm) -> list[Row]:
    """Return the lines of a form that hold something."""
    columns = (form.description, form.quantity, form.price, form.rate, form.category)
    return [row for row in (Row(*cells) for cells in zip_longest(*columns, fillvalue="")) if not row.blank]


def given_of(
    form: DraftForm, rows: Iterable[Row], *, currency: str, customer: Customer | None
) -> GivenInvoice:
    """Return what is said, as the import takes it; `currency` is for a form that leaves it out.

    A known customer keeps its own name, in whatever case it was typed.
    """
    head = {
        "customer_name": customer.name if customer else form.customer,
        "customer_email": form.email.strip() or (customer.email if customer else ""),
        "currency": form.currency.strip().upper() or currency,
        "issued_date": form.issued,
        "due_date": form.due,
        "purchase_order": form.order,
        "notes": form.notes,
    }
    named = {"invoice_id": form.number.strip()} if form.number.strip() else {}
    return GivenInvoice(head | named, tuple(row.item() for row in rows))


_FIELDS = {
    "/invoice_number": "number",
    "/customer_name": "customer",
    "/customer_email": "email",
    "/issued_date": "issued",
    "/due_date": "due",
    "/currency": "currency",
    "/purchase_order": "order",
    "/notes": "notes",
    "/tax_amount_aud": "aud",
}
_CELLS = {
    "description": "description",
    "quantity": "quantity",
    "unit_price": "price",
    "amount": "price",
    "tax_rate": "rate",
    "tax_category": "rate",
}


def place(faults: Iterable[Fault], rows: list[Row]) -> dict[str, str]:
    """Put the faults of lines beside their cells; return the others by field, "" for what has none."""
    found: dict[str, str] = {}
    for fault in faults:
        reason = (
            "Fill this in."
            if fault.reason == "is empty"
            else f"{fault.reason[:1].upper()}{fault.reason[1:]}."
        )
        parts = fault.column.split("/")
        if len(parts) == 4 and parts[1] == "items" and int(parts[2]) < len(rows):
            rows[int(parts[2])].faults.setdefault(_CELLS.get(parts[3], "description"), reason)
        else:
            name = _FIELDS.get(fault.column, "")
            found[name] = f"{found[name]} {reason}" if name in found else reason
    return found


def form_of(invoice: Invoice) -> DraftForm:
    """Return the form of a draft with its customer and lines. Raises TooManyLines."""
    return DraftForm(
        company=str(invoice.issuer_id),
        customer=invoice.customer.name,
        email=invoice.customer.email,
        number=invoice.number,
        issued=invoice.issued_date.isoformat(),
        due=invoice.due_date.isoformat(),
        currency=invoice.currency,
        order=invoice.purchase_order,
        notes=invoice.notes,
        aud=str(to_decimal(invoice.tax_aud, "AUD")) if invoice.tax_aud else "",
        version=version_of(invoice),
        **_columns(invoice.lines, invoice.tax_rate),
    )


def copy_of(invoice: Invoice, today: date) -> DraftForm:
    """Return the form of a new draft with the lines of an invoice, and days from `today` on.

    Raises TooManyLines.
    """
    form = form_of(invoice)
    form.number = form.version = form.order = form.aud = ""
    form.issued = today.isoformat()
    form.due = (today + (invoice.due_date - invoice.issued_date)).isoformat()
    return form


def for_customer(form: DraftForm, customer: Customer) -> DraftForm:
    """Return the form of a new draft for a customer."""
    form.company, form.customer, form.email = str(customer.issuer_id), customer.name, customer.email
    return form


def _columns(lines: Sequence[InvoiceLine], rate: Decimal) -> dict[str, list[str]]:
    if len(lines) > MOST_LINES:
        raise TooManyLines(len(lines))
    rows = stored_rows(lines, rate)
    names = ("description", "quantity", "price", "rate", "category")
    return {name: [getattr(row, name) for row in rows] for name in names}


def stored_rows(lines: Iterable[InvoiceLine], rate: Decimal) -> list[Row]:
    """Return lines as a form shows them first; `rate` is that of those without one of their own."""
    return [
        Row(
            one.description,
            plain_number(f"{one.quantity:f}"),
            plain_number(f"{one.unit_price:f}"),
            plain_number(f"{rate if one.tax_rate is None else one.tax_rate:f}"),
            one.tax_category,
        )
        for one in lines
    ]


def plain_number(text: str) -> str:
    """Return a number without the zeros at the end of its decimals."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_rows(rows: list[Row], rate: str) -> Iterator[Row]:
    """Yield the lines of a form, and blank ones behind them."""
    yield from rows
    for _ in range(min(BLANK_LINES, MOST_LINES - len(rows))):
        yield Row(rate=rate)
