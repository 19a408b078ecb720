"""Writing checked invoices: new invoices in, known ones compared, nothing silently rewritten."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from sqlalchemy.exc import DBAPIError, IntegrityError

from paymail.db.lock_waits import is_lock_wait
from paymail.services.core.contexts import Context
from paymail.services.imports.chunks import Chunk
from paymail.services.imports.faults import MOST_FAULTS, Fault, ImportRefused, Report, Result
from paymail.services.imports.file_progress import FileProgress
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.namesakes import Namesakes
from paymail.services.imports.sources import Refused, Source

CHUNK = 100
"""Invoices per transaction: a fraction of a second, in which staff and customers wait on SQLite."""
TRIES = 5
"""Of one chunk: several imports at once wait for one another longer than a lock is waited for."""
Progress = Callable[[int, int], None]


def import_invoices(
    context: Context,
    *,
    source: Source,
    issuer_id: int,
    actor: str,
    all_or_nothing: bool = False,
    dry_run: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Report:
    """Write what the source says that is new, some invoices at a time. The same again changes nothing.

    A dry run only compares, and `context.transaction` may then be one for reading. With `all_or_nothing`
    everything is compared first: raises ImportRefused, with every fault, before anything is written.
    """
    if all_or_nothing and not dry_run:
        faults = _run(context, source, issuer_id, actor=None).faults
        if faults:
            raise ImportRefused(faults)
    return _run(context, source, issuer_id, actor=None if dry_run else actor, progress=progress)


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
    *,
    actor: str | None,
    progress: Progress = lambda _done, _of: None,
) -> Report:
    """Compare everything and, with an actor, write it."""
    tally = _Tally(list(source.faults))
    earlier = FileProgress()
    done = 0
    for chunk in _chunks(source.checked()):
        refused = [found for found in chunk if isinstance(found, Refused)]
        hosts = [found for found in chunk if isinstance(found, HostInvoice)]
        found = _chunk(context, hosts, issuer_id, actor, earlier, source.namesakes)
        earlier = found.earlier
        kept_out = [Result(one.faults[0].line, one.number, "refused") for one in refused]
        faults = [fault for one in refused for fault in one.faults]
        tally.add(
            faults + found.faults,
            sorted([*kept_out, *found.results], key=lambda result: result.line),
            found.kept,
        )
        done += len(chunk)
        progress(done, source.invoices)
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
    )


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
    hosts: Sequence[HostInvoice],
    issuer_id: int,
    actor: str | None,
    earlier: FileProgress,
    names: Namesakes,
    tries: int = TRIES,
) -> Chunk:
    """Compare and, with an actor, write some invoices in one transaction."""
    try:
        return _compare_and_write(context, hosts, issuer_id, actor, earlier, names)
    except DBAPIError as error:
        # Somebody else changed one of them meanwhile: it is known now, or its lock is free.
        if tries == 1 or not (isinstance(error, IntegrityError) or is_lock_wait(error)):
            raise
        return _chunk(context, hosts, issuer_id, actor, earlier, names, tries - 1)


def _compare_and_write(
    context: Context,
    hosts: Sequence[HostInvoice],
    issuer_id: int,
    actor: str | None,
    earlier: FileProgress,
    names: Namesakes,
) -> Chunk:
    with context.transaction() as session:
        chunk = Chunk(session, issuer_id, earlier.copy(), names)
        if actor is None:
            chunk.compare(hosts)
        else:
            chunk.write(hosts, actor=actor, now=context.now())
        return chunk
