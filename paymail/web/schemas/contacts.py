"""A customer's contacts, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from paymail.models import Contact, ContactOrigin, ContactRole
from paymail.services.customers import contacts
from paymail.services.customers.contacts import NewContact
from paymail.services.letters.kind import Group
from paymail.web.schemas.body import Body
from paymail.web.schemas.suppressions import Address


class ContactRow(BaseModel):
    """Who gets some of a customer's emails beside the customer."""

    contact_id: int
    email: str
    role: ContactRole
    gets: list[Group]
    set_by: ContactOrigin = Field(description="`host` for addresses that came with an import.")
    created_at: datetime

    @classmethod
    def of(cls, row: Contact) -> "ContactRow":
        """Return what a row says."""
        return cls(
            contact_id=row.contact_id,
            email=row.email,
            role=row.role,
            gets=contacts.groups_of(row),
            set_by=row.origin,
            created_at=row.created_at,
        )


class Contacts(BaseModel):
    """All contacts of a customer, oldest first."""

    contacts: list[ContactRow]


class AddContact(Body):
    """Whom to add."""

    email: Address = Field(examples=["accounts@customer.example"])
    role: ContactRole = Field(default=ContactRole.CC, description="How emails name the address.")
    gets: list[Group] = Field(
        default_factory=lambda: list(Group), min_length=1, max_length=10, description="Default: all."
    )

    def asked(self) -> NewContact:
        """Return what the use case is given."""
        return NewContact(self.email, self.role, frozenset(self.gets))


class RemovedContact(BaseModel):
    """The contact is gone."""

    removed: bool = True
