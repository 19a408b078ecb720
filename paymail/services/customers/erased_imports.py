"""What imports kept of a person: the values that they changed, and the reasons why invoices stayed out."""

from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import Session

from paymail.models import (
    Customer,
    Import,
    ImportChange,
    ImportFault,
    ImportFile,
    ImportFilePart,
    ImportFileState,
)
from paymail.services.customers.erased_person import ErasedPerson


def scrub(session: Session, *, issuer_id: int, mine: Select[Any], person: ErasedPerson, erased: str) -> None:
    """Forget what imports kept of a person; `mine` selects the ids of its invoices, `erased` takes its place.

    An import that changed the person's data cannot be taken back any more. Files of the issuer that wait to
    be imported are erased whole: any of their rows may be the person's.
    """
    waiting = select(ImportFile.file_id).where(
        ImportFile.issuer_id == issuer_id, ImportFile.state != ImportFileState.IMPORTED
    )
    session.execute(delete(ImportFilePart).where(ImportFilePart.file_id.in_(waiting)))
    session.execute(delete(ImportFile).where(ImportFile.file_id.in_(waiting)))
    merged = select(Customer.customer_id).where(Customer.merged_into == person.customer_id)
    theirs = or_(
        ImportChange.customer_id == person.customer_id,
        ImportChange.customer_id.in_(merged),
        ImportChange.invoice_id.in_(mine),
        # A draft that was theirs before it was somebody else's.
        ImportChange.fields.contains(f'"customer_id": [{person.customer_id}, '),
    )
    forgotten = update(ImportChange).where(theirs).values(fields="")
    session.execute(forgotten.execution_options(synchronize_session=False))
    of_issuer = select(Import.import_id).where(Import.issuer_id == issuer_id)
    for fault in session.scalars(select(ImportFault).where(ImportFault.import_id.in_(of_issuer))):
        if person.named_in(fault.reason):
            fault.reason = erased
