"""Invoices and customers as programs and people give them, one by one or line by line, instead of a file."""

from paymail.services.imports.given.customer import GivenCustomer, check_customer
from paymail.services.imports.given.faults import GivenConflict, GivenRefused
from paymail.services.imports.given.invoice import GivenInvoice
from paymail.services.imports.given.lines import GivenLines
from paymail.services.imports.given.one_customer import PutCustomer, put_customer
from paymail.services.imports.given.one_invoice import Put, put_invoice

__all__ = [
    "GivenConflict",
    "GivenCustomer",
    "GivenInvoice",
    "GivenLines",
    "GivenRefused",
    "Put",
    "PutCustomer",
    "check_customer",
    "put_customer",
    "put_invoice",
]
