"""A kept file, read as staff said and as it shows, or why it cannot be read."""

from collections.abc import Callable
from typing import BinaryIO
from zoneinfo import ZoneInfo

from paymail.errors import InvalidInput, NotFound
from paymail.models import ImportFile, Issuer
from paymail.services.core.contexts import Context
from paymail.services.imports import HostFile, ImportRefused, open_host_file
from paymail.services.imports.faults import Fault
from paymail.services.imports.files import corrections, kept
from paymail.services.imports.files.columns import unread
from paymail.services.imports.files.findings import Findings
from paymail.services.imports.files.reading import Reading
from paymail.services.imports.rows import Layout, find_layout


def opened(
    reading: Context, *, file_id: int, file: BinaryIO, heard: Callable[[], None] = lambda: None
) -> HostFile | Findings:
    """Look through the content of a file; findings say why it cannot be read. `heard` is called now and then.

    Raises NoSuchFile.
    """
    row, issuer = _row_of(reading, file_id)
    given, form = Reading.of(row), Reading.of(row).form(ZoneInfo(issuer.timezone))
    try:
        with reading.transaction() as session:
            profiles = given.profiles(session, issuer)
        return open_host_file(file, form, profiles, lambda _rows: heard(), corrections.by_line(row))
    except ImportRefused as refused:
        return unread(file, form, refused.faults)
    except (InvalidInput, NotFound) as error:
        return unread(file, form, (Fault(1, "", str(error)),))


def layout_of(reading: Context, *, file_id: int, file: BinaryIO) -> Layout:
    """Return how the rows of a file are written, without a look at them. Raises NoSuchFile, UnusableFile."""
    row, issuer = _row_of(reading, file_id)
    given, form = Reading.of(row), Reading.of(row).form(ZoneInfo(issuer.timezone))
    try:
        with reading.transaction() as session:
            return find_layout(file, given.profiles(session, issuer), form)
    except (InvalidInput, NotFound) as error:
        raise kept.UnusableFile("the file cannot be read yet; say first how it is to be read") from error


def _row_of(reading: Context, file_id: int) -> tuple[ImportFile, Issuer]:
    with reading.transaction() as session:
        row = kept.get(session, file_id=file_id)
        return row, session.get_one(Issuer, row.issuer_id)
