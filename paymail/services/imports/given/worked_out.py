"""What an invoice comes to before anybody saves it, and all that is wrong with it by then."""

from dataclasses import dataclass

from paymail.services.imports.faults import Fault
from paymail.services.imports.given import pointers
from paymail.services.imports.given.invoice import LINE_ONLY, GivenInvoice, check_given, rows_of

NO_LINES = Fault(0, "/items", "enter at least one line")


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """Amounts in major units as text, without what cannot be worked out; faults have JSON pointers."""

    amounts: tuple[str, ...] = ()
    """Of each line, in order."""
    subtotal: str = ""
    tax: str = ""
    total: str = ""
    faults: tuple[Fault, ...] = ()


def work_out(given: GivenInvoice, *, number: str) -> WorkedOut:
    """Return what a draft comes to by our own rounding; `number` stands in for one that it does not have."""
    if not given.items:
        return WorkedOut(faults=(NO_LINES,))
    rows = rows_of(given, {"status": "draft", "invoice_id": number})
    found = check_given(rows)
    wrong = found if isinstance(found, list) else []
    at_fault = {fault.line for fault in wrong if fault.column in LINE_ONLY}
    head = rows[0][1]
    return WorkedOut(
        amounts=tuple("" if at in at_fault else row["line_amount"] for at, row in rows),
        subtotal=head["subtotal"],
        tax=head["tax_amount"],
        total=head["total"],
        faults=pointers.of_check(wrong),
    )
