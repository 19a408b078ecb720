"""Import of a host system's invoice export: reading, checking, and writing what is new."""

from paymail.services.importing.faults import Fault, ImportRefused, Report
from paymail.services.importing.reading import parse
from paymail.services.importing.writing import import_invoices

__all__ = ["Fault", "ImportRefused", "Report", "import_invoices", "parse"]
