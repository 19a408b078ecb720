"""Invoices and customers as programs and people give them, one by one or line by line, instead of a file."""

from paymail.services.imports.given.by_hand import (
    ChangedMeanwhile,
    NoDraft,
    SavedAlready,
    change_draft,
    check_draft,
    create_draft,
    next_number,
    version_of,
)
from paymail.services.imports.given.customer import GivenCustomer, check_customer
from paymail.services.imports.given.faults import GivenConflict, GivenRefused
from paymail.services.imports.given.invoice import GivenInvoice
from paymail.services.imports.given.lines import GivenLines
from paymail.services.imports.given.one_customer import PutCustomer, put_customer
from paymail.services.imports.given.one_invoice import Put, put_invoice
from paymail.services.imports.given.worked_out import WorkedOut, work_out

__all__ = [
    "ChangedMeanwhile",
    "GivenConflict",
    "GivenCustomer",
    "GivenInvoice",
    "GivenLines",
    "GivenRefused",
    "NoDraft",
    "Put",
    "PutCustomer",
    "SavedAlready",
    "WorkedOut",
    "change_draft",
    "check_customer",
    "check_draft",
    "create_draft",
    "next_number",
    "put_customer",
    "put_invoice",
    "version_of",
    "work_out",
]
