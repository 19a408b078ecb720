"""Import of a host system's invoice export: reading, checking, and writing what is new."""

from paymail.services.imports.faults import Fault, ImportRefused, Report
from paymail.services.imports.parser import parse
from paymail.services.imports.store import import_invoices

__all__ = ["Fault", "ImportRefused", "Report", "import_invoices", "parse"]
