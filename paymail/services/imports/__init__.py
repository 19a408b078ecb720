"""Import of a host system's invoice export: reading, checking, writing what is new, and taking it back."""

from paymail.services.imports.faults import Fault, ImportRefused, Report, Result
from paymail.services.imports.fields import Format
from paymail.services.imports.host_file import HostFile, open_host_file
from paymail.services.imports.sources import Source
from paymail.services.imports.store import import_invoices
from paymail.services.imports.take_back import NotTakenBack, take_back

__all__ = [
    "Fault",
    "Format",
    "HostFile",
    "ImportRefused",
    "NotTakenBack",
    "Report",
    "Result",
    "Source",
    "import_invoices",
    "open_host_file",
    "take_back",
]
