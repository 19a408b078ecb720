"""The sums of a draft that is edited: as its host rounded them, until the lines or the currency change."""

from collections.abc import Iterable
from decimal import Decimal

from paymail.models import Invoice
from paymail.money import to_decimal
from paymail.services.imports.faults import Fault
from paymail.services.imports.given import GivenInvoice, WorkedOut
from paymail.web.staff.draft_form import DraftForm, Row, plain_number, stored_rows

AUD = "tax_amount_aud"


def as_edited(given: GivenInvoice, form: DraftForm, rows: Iterable[Row], own: Invoice) -> GivenInvoice:
    """Return what is said of the draft `own`: with the sums that it has, while they are of the same lines."""
    head = given.head | {"invoice_id": own.number}
    if own.external_ref:
        head["external_ref"] = own.external_ref
    if own.tax_aud:
        head[AUD] = form.aud
    if given.head["currency"] != own.currency or list(map(_money, rows)) != list(
        map(_money, stored_rows(own.lines, own.tax_rate))
    ):
        return GivenInvoice(head, given.items)
    sums = {"subtotal": own.subtotal, "tax_amount": own.tax_amount, "total": own.total}
    head |= {name: str(to_decimal(minor, own.currency)) for name, minor in sums.items()}
    head["tax_rate"] = f"{own.tax_rate:f}"
    amounts = [str(to_decimal(line.amount, own.currency)) for line in own.lines]
    return GivenInvoice(
        head,
        tuple(item | {"line_amount": at} for item, at in zip(given.items, amounts, strict=True)),
    )


def stale_aud(given: GivenInvoice, worked: WorkedOut, own: Invoice) -> list[Fault]:
    """Return the fault that the tax in Australian dollars is still that of another tax."""
    if not own.tax_aud or worked.faults:
        return []
    before = to_decimal(own.tax_aud, "AUD")
    typed = given.head[AUD].strip()
    tax = to_decimal(own.tax_amount, own.currency)
    same_tax = given.head["currency"] == own.currency and Decimal(worked.tax) == tax
    if same_tax or not typed or Decimal(typed) != before:
        return []
    return [Fault(0, f"/{AUD}", "the tax has changed; enter what it is in Australian dollars, or clear this")]


def _money(row: Row) -> tuple[str, ...]:
    numbers = (row.quantity, row.price, row.rate)
    return (*(plain_number(one.strip()) for one in numbers), row.category.strip())
