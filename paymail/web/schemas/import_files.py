"""What an import did, as JSON; and one line of NDJSON, read."""

import json

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError

from paymail.services.imports import Fault, Report, Result
from paymail.services.imports.given import GivenInvoice, pointers
from paymail.web.http.input_faults import InputFault, input_faults
from paymail.web.schemas.given_invoices import InvoiceFile, InvoiceLine


class ImportedInvoice(BaseModel):
    """What became, or would become, of one invoice."""

    line: int
    number: str
    result: str = Field(description="`created`, `updated`, `unchanged` or `refused`.")
    changed: list[str] = Field(description="What was taken over, if it was updated.")

    @classmethod
    def of(cls, result: Result, *, pointed: bool) -> "ImportedInvoice":
        """Return a result, its fields in the words of the API if it came as JSON."""
        fields = [pointers.word(column) if pointed else column for column in result.fields]
        return cls(line=result.line, number=result.number, result=result.what, changed=fields)


class ImportReport(BaseModel):
    """What an import did, or with `dry_run` would do. Lists end after 10,000 entries, counts do not."""

    dry_run: bool
    import_id: int | None = Field(
        description="The number of the import; null where nothing was written or refused, and of a dry run."
    )
    invoices: int
    rows: int = Field(description="Rows of the file, or items of all invoices.")
    created: int
    updated: int
    unchanged: int
    refused: int
    results: list[ImportedInvoice]
    faults: list[InputFault] = Field(description="Why invoices were refused; these stay out.")
    kept: list[InputFault] = Field(description="Where paymail's own value stays, and why.")
    notes: list[str] = Field(description="How the file was read where that may surprise.")

    @classmethod
    def of(cls, report: Report, *, dry_run: bool, pointed: bool) -> "ImportReport":
        """Return the report; `pointed` for invoices that came as JSON."""
        return cls(
            dry_run=dry_run,
            import_id=report.import_id,
            invoices=report.invoices,
            rows=report.rows,
            created=report.created,
            updated=report.updated,
            unchanged=report.unchanged,
            refused=report.skipped,
            results=[ImportedInvoice.of(one, pointed=pointed) for one in report.results],
            faults=[fault_of(one, pointed=pointed) for one in report.faults],
            kept=[fault_of(one, pointed=pointed) for one in report.kept],
            notes=list(report.notes),
        )


def fault_of(fault: Fault, *, pointed: bool) -> InputFault:
    """Return a fault with its line and column, or pointer into the line."""
    if pointed:
        return InputFault(line=fault.line, pointer=pointers.of_comparison(fault), detail=fault.reason)
    return InputFault(line=fault.line, column=fault.column or None, detail=fault.reason)


def parse_line(raw: bytes) -> GivenInvoice | list[Fault]:
    """Read a line of NDJSON, or say everything that is wrong with its form; its values are checked later."""
    return parse_invoice(raw, InvoiceLine)


def parse_invoice(
    raw: bytes, model: type[InvoiceLine] | type[InvoiceFile] = InvoiceFile
) -> GivenInvoice | list[Fault]:
    """Read an invoice in the form of `PUT`, with or without `external_ref`, or say what is wrong with it."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return [Fault(0, "", "This is not valid JSON.")]
    try:
        found = model.model_validate(body)
    except ValidationError as error:
        errors = [{**one, "loc": ("body", *one["loc"])} for one in error.errors(include_url=False)]
        faults = input_faults(RequestValidationError(errors, body=body), model)
        return [Fault(0, fault.pointer or "", fault.detail) for fault in faults]
    return found.given(found.external_ref or "")
