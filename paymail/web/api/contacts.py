"""Contacts: who gets a customer's emails beside the customer."""

from fastapi import APIRouter

from paymail.services.customers import contacts
from paymail.web.api.access import Reader, Writer
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.http.openapi import PROBLEMS
from paymail.web.schemas.contacts import AddContact, ContactRow, Contacts, RemovedContact

router = APIRouter(prefix="/api/v1/customers/{customer_id}/contacts", tags=["customers"])


@router.get("", responses=PROBLEMS)
def list_contacts(app: AppDep, _holder: Reader, customer_id: RowId) -> Contacts:
    """List a customer's contacts, oldest first. Scope: read."""
    with app.reading() as session:
        found = contacts.listed(session, customer_id=customer_id)
        return Contacts(contacts=[ContactRow.of(one) for one in found])


@router.post("", responses=PROBLEMS)
def add_contact(app: AppDep, holder: Writer, customer_id: RowId, body: AddContact) -> ContactRow:
    """Add a contact; emails that wait to be sent go to it too. Scope: write."""
    with app.transaction() as session:
        found = contacts.add(
            session, customer_id=customer_id, asked=body.asked(), actor=holder.actor, now=app.now()
        )
        return ContactRow.of(found)


@router.delete("/{contact_id}", responses=PROBLEMS)
def remove_contact(app: AppDep, holder: Writer, customer_id: RowId, contact_id: RowId) -> RemovedContact:
    """Remove a contact. Scope: write."""
    with app.transaction() as session:
        contacts.remove(
            session, customer_id=customer_id, contact_id=contact_id, actor=holder.actor, now=app.now()
        )
    return RemovedContact()
