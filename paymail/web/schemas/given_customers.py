"""Customers that programs put, as JSON."""

from pydantic import Field

from paymail.models import Customer
from paymail.services.customers.contacts import MOST_CONTACTS
from paymail.services.imports.given import GivenCustomer, PutCustomer, check_customer
from paymail.web.schemas.body import Body
from paymail.web.schemas.customers import CustomerRow
from paymail.web.schemas.given_invoices import Kept, Line, Paragraph, PutResult


class CustomerBody(Body):
    """A customer. What is left out stays as it is."""

    name: Line = Field(examples=["The Vacuum Shop"])
    email: Line = Field(examples=["accounts@vacuum.example"])
    contacts: list[Line] | None = Field(
        None,
        max_length=MOST_CONTACTS,
        description="All further addresses that your system has; those that staff added stay.",
    )
    tax_id: Line | None = None
    address: Paragraph | None = None
    country: Line | None = Field(None, max_length=10, description="ISO 3166-1.", examples=["AU"])
    attention: Line | None = Field(None, description="Whom invoices are for.", examples=["Accounts"])
    locale: Line | None = Field(
        None, max_length=40, description="Such as `de-AT`; empty for the issuer's.", examples=["en-AU"]
    )

    def checked(self, external_ref: str) -> GivenCustomer:
        """Return the customer. Raises GivenRefused, with every fault."""
        said = self.model_dump(exclude_none=True, exclude={"contacts"})
        return check_customer(external_ref, said, self.contacts)


class PutCustomerResult(PutResult):
    """What became of a customer, and what is known of it now."""

    customer: CustomerRow

    @classmethod
    def of_customer(cls, put: PutCustomer, customer: Customer) -> "PutCustomerResult":
        """Return the answer."""
        kept = [Kept(pointer=one.column, detail=one.reason) for one in put.kept]
        shown = CustomerRow.of(customer)
        return cls(result=put.what, changed=list(put.fields), kept=kept, customer=shown)
