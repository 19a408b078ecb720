"""Writing checked invoices: new invoices in, known ones compared, nothing silently rewritten."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.exc import DBAPIError, IntegrityError

from paymail.db.lock_waits import is_lock_wait
from paymail.services.core.contexts import Context
from paymail.services.imports import import_record
from paymail.services.imports.chunks import Chunk
from paymail.services.imports.faults import MOST_FAULTS, Fault, ImportRefused, Report, Result
from paymail.services.imports.file_progress import FileProgress
from paymail.services.imports.import_record import ChunkRecord, ImportRecord
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.namesakes import Namesakes
from paymail.services.imports.sources import Refused, Source
from paymail.services.imports.withheld_money import without_money

CHUNK = 100
"""Invoices per transaction: a fraction of a second, in which staff and customers wait on SQLite."""
TRIES = 5
"""Of one chunk: several imports at once wait for one another longer than a lock is waited for."""
Progress = Callable[[int, int], None]
Look = Callable[[Chunk], None]
"""Is shown each chunk when it is done, for whoever needs more of it than the report says."""


def import_invoices(
    context: Context,
    *,
    source: Source,
    issuer_id: int,
    actor: str,
    all_or_nothing: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
    source_name: str | None = "",
    look: Look = lambda _chunk: None,
) -> Report:
    """Write what the source says that is new, some invoices at a time. The same again changes nothing.

    `source_name` says where it comes from, for people: the name of a file, or `api`, `sync`, `page`. None is
    for a single invoice, which is no import: it leaves no record.

    A dry run only compares, and `context.transaction` may then be one for reading. With `all_or_nothing`
    everything is compared first: raises ImportRefused, with every fault, before anything is written. Raises
    TakenBackMeanwhile when somebody takes back what it has written so far.
    """
    if all_or_nothing and not dry_run:
        faults = _run(context, source, issuer_id).faults
        if faults:
            raise ImportRefused(faults)
    record = None
    if not dry_run:
        named = import_record.source_name(source_name) if source_name is not None else None
        record = ImportRecord(issuer_id, named, actor, context.now())
    return _run(context, source, issuer_id, record, progress, look)


@dataclass(slots=True)
class _Tally:
    """What has become of a source so far. What people read is kept up to MOST_FAULTS."""

    faults: list[Fault]
    more: bool = False
    counted: dict[str, int] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)
    kept: dict[str, Fault] = field(default_factory=dict)

    def add(self, faults: Iterable[Fault], results: Iterable[Result], kept: Iterable[Fault]) -> None:
        self.faults += faults
        self.more = self.more or len(self.faults) > MOST_FAULTS
        self.faults = self.faults[:MOST_FAULTS]
        for result in results:
            self.counted[result.what] = self.counted.get(result.what, 0) + 1
            if len(self.results) < MOST_FAULTS:
                self.results.append(result)
        for one in kept:
            if len(self.kept) < MOST_FAULTS:
                self.kept.setdefault(one.reason, one)  # of a customer with many invoices once


def _run(
    context: Context,
    source: Source,
    issuer_id: int,
    record: ImportRecord | None = None,
    progress: Progress = lambda _done, _of: None,
    look: Look = lambda _chunk: None,
) -> Report:
    """Compare everything and, with a record to keep, write it."""
    tally = _Tally(list(source.faults))
    earlier = FileProgress()
    done = 0
    for chunk in _chunks(source.checked()):
        found = _chunk(context, chunk, issuer_id, record, earlier, source.namesakes)
        earlier = found.earlier
        tally.add(
            [fault for one in found.refused for fault in one.faults],
            sorted(found.results, key=lambda result: result.line),
            found.kept,
        )
        look(found)
        done += len(chunk)
        progress(done, source.invoices)
    if record is not None:
        _finish(context, record, source)
    count = tally.counted.get
    return Report(
        invoices=source.invoices,
        rows=source.rows,
        created=count("created", 0),
        updated=count("updated", 0),
        unchanged=count("unchanged", 0),
        skipped=count("refused", 0),
        faults=(*sorted(tally.faults), *([_others(source)] if tally.more else [])),
        notes=source.notes,
        results=tuple(tally.results),
        kept=tuple(tally.kept.values()),
        import_id=record.written.import_id if record is not None else None,
    )


def _finish(context: Context, record: ImportRecord, source: Source) -> None:
    """Note the end of an import that left a record, or that could not read all of its source."""
    if record.written.import_id is not None or source.faults:
        with context.transaction() as session:
            record.finish(session, source.faults, context.now())


def _others(source: Source) -> Fault:
    return Fault(
        source.last_line, "", f"there are more than {MOST_FAULTS:,} faults; the others are not listed"
    )


def _chunks(found: Iterable[HostInvoice | Refused]) -> Iterator[Sequence[HostInvoice | Refused]]:
    rest = iter(found)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _chunk(
    context: Context,
    found: Sequence[HostInvoice | Refused],
    issuer_id: int,
    record: ImportRecord | None,
    earlier: FileProgress,
    names: Namesakes,
    tries: int = TRIES,
) -> Chunk:
    """Compare and, with a record to keep, write some invoices in one transaction."""
    try:
        return _compare_and_write(context, found, issuer_id, record, earlier, names)
    except DBAPIError as error:
        # Somebody else changed one of them meanwhile: it is known now, or its lock is free.
        if tries == 1 or not (isinstance(error, IntegrityError) or is_lock_wait(error)):
            raise
        return _chunk(context, found, issuer_id, record, earlier, names, tries - 1)


def _compare_and_write(
    context: Context,
    found: Sequence[HostInvoice | Refused],
    issuer_id: int,
    record: ImportRecord | None,
    earlier: FileProgress,
    names: Namesakes,
) -> Chunk:
    checked = [one for one in found if isinstance(one, HostInvoice)]
    with context.transaction() as session:
        hosts, notes = without_money(session, checked)
        chunk = Chunk(session, issuer_id, earlier.copy(), names)
        chunk.kept += notes
        chunk.refuse(one for one in found if isinstance(one, Refused))
        if record is None:
            chunk.compare(hosts)
            return chunk
        kept, now = ChunkRecord(session, record), context.now()
        chunk.write(hosts, kept, actor=record.actor, now=now)
        kept.end(chunk.results, chunk.refused, now)
    record.written = kept.reached
    return chunk
