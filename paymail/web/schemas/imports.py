"""Imports, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from paymail.models import Import
from paymail.services.lists.imports import ChangeView, ImportView
from paymail.web.http.inputs import Text
from paymail.web.schemas.body import Body


class SendImport(Body):
    """When, and how fast."""

    at: Text = Field("", max_length=40, description="As for sending one invoice, in the issuer's time zone.")
    rate: Text = Field(
        "", max_length=20, description="Emails per minute or a preset; if empty, the sender's own."
    )


class ImportRow(BaseModel):
    """One import that changed or refused something."""

    import_id: int
    issuer_id: int
    source: str = Field(description="Name of the file, or `api`, `sync`, `page`; may be empty.")
    actor: str
    state: str = Field(
        description="finished; unfinished (running, or interrupted: import again to go on); or taken_back."
    )
    started_at: datetime
    finished_at: datetime | None
    created: int
    updated: int
    unchanged: int
    refused: int
    taken_back_at: datetime | None
    taken_back_by: str

    @classmethod
    def of(cls, found: Import) -> "ImportRow":
        """Return the row of an import."""
        return cls(
            import_id=found.import_id,
            issuer_id=found.issuer_id,
            source=found.source,
            actor=found.actor,
            state=state_of(found),
            started_at=found.started_at,
            finished_at=found.finished_at,
            created=found.created,
            updated=found.updated,
            unchanged=found.unchanged,
            refused=found.refused,
            taken_back_at=found.taken_back_at,
            taken_back_by=found.taken_back_by,
        )


def state_of(found: Import) -> str:
    """Return where an import stands, in one word."""
    if found.taken_back_at is not None:
        return "taken_back"
    return "unfinished" if found.finished_at is None else "finished"


class FieldChange(BaseModel):
    """One value that the import changed."""

    field: str
    before: str
    after: str


class Change(BaseModel):
    """What the import changed of one invoice or one customer that was known before."""

    invoice_id: int | None
    customer_id: int | None
    number: str = Field(description="The invoice's number; empty for a customer.")
    fields: list[FieldChange]

    @classmethod
    def of(cls, view: ChangeView) -> "Change":
        """Return a change as JSON has it."""
        fields = [FieldChange(field=one.field, before=one.before, after=one.after) for one in view.fields]
        return cls(
            invoice_id=view.invoice_id, customer_id=view.customer_id, number=view.number, fields=fields
        )


class RefusedField(BaseModel):
    """One reason why an invoice was refused."""

    number: str = Field(description="The invoice's number in the file; empty if it could not be read.")
    line: int
    field: str
    reason: str


class ImportDetail(ImportRow):
    """An import with what it changed and refused, and what has become of it since."""

    changes: list[Change] = Field(description="The first 100.")
    more_changes: int = Field(description="Changes not listed.")
    faults: list[RefusedField] = Field(description="The first 100.")
    more_faults: int = Field(description="Stored faults not listed; at most 1,000 are stored.")
    emailed: int = Field(description="Invoices it created that have been emailed since.")
    paid: int = Field(description="Invoices it created that have been paid here since, at least in part.")

    @classmethod
    def of_view(cls, view: ImportView) -> "ImportDetail":
        """Return an import with its details."""
        return cls(
            **ImportRow.of(view.found).model_dump(),
            changes=[Change.of(one) for one in view.changes],
            more_changes=view.more_changes,
            faults=[
                RefusedField(number=one.number, line=one.line, field=one.field, reason=one.reason)
                for one in view.faults
            ],
            more_faults=view.more_faults,
            emailed=view.emailed,
            paid=view.paid,
        )
