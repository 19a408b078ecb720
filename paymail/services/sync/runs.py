"""One run of sync: what was refused is tried again, what changed is read page by page, the host is told."""

from collections.abc import Callable, Iterator
from datetime import datetime

from paymail.ports.host_database import HostReading, Place, ShownInvoice
from paymail.services.core.contexts import Context
from paymail.services.sync import kept_invoices, syncs, targets, tellings
from paymail.services.sync.outcome import Outcome
from paymail.services.sync.shown_invoices import take_in
from paymail.services.sync.syncs import VIEW_COLUMNS, SyncContext

PAGE = 100
"""Invoices that are read, and written, at a time."""


def preview(context: SyncContext) -> Outcome:
    """Return what a run would do to invoices; all of them before the first one was accepted.

    Writes nothing, here or there. Raises TargetTaken, HostUnavailable, HostViewUnusable.
    """
    outcome = Outcome()
    with context.reading() as session:
        targets.check(session, context)
        sync = syncs.find(session, context)
        cursor = sync.cursor if sync else None
    reading = Context(context.reading, context.now)
    with context.host.reading(VIEW_COLUMNS, zone=context.zone) as view:
        for shown in _pages(view, _since(context, view, cursor)):
            report, refused = take_in(
                reading, shown, issuer_id=context.issuer_id, zone=context.zone, dry_run=True
            )
            if report is not None:
                outcome.add(report)
            outcome.refuse(refused)
    return outcome


def accept(context: SyncContext) -> None:
    """Let runs of this view write from now on. Raises TargetTaken."""
    with context.transaction() as session:
        targets.take_over(session, context)
        syncs.start(session, context, context.now())


def tell_again(context: SyncContext) -> None:
    """Let the next run tell the host all that it was ever told: it may have lost it. Raises NotAccepted."""
    with context.transaction() as session:
        targets.tell_again(session, syncs.load(session, context))


def run(context: SyncContext, *, stopped: Callable[[], bool] = lambda: False) -> Outcome:
    """Take in what has changed, and tell the host where money stands. The same again changes nothing.

    A crash at any point is made good by the next run: the cursor moves only after what was read is written.
    `stopped` ends it between two pages. While payments are on hold after a restore money stays out, and the
    cursor where it is. Raises NotAccepted, TargetTaken, HostUnavailable, HostViewUnusable.
    """
    outcome = Outcome()
    with context.transaction() as session:
        targets.settle(session, context)
        cursor, outcome.on_hold = syncs.load(session, context).cursor, syncs.on_hold(session)
    with context.host.reading(VIEW_COLUMNS, zone=context.zone) as view:
        _retry(context, view, outcome, cursor)
        for shown in _pages(view, _since(context, view, cursor)):
            cursor = _take_in(context, shown, outcome, cursor)
            if stopped():
                outcome.stopped = True
                return outcome
        if outcome.on_hold:
            return outcome
        _end(context, view.began, cursor)
    if context.host.is_told:
        tellings.tell(context, outcome, stopped=stopped)
    return outcome


def _since(context: SyncContext, view: HostReading, cursor: datetime | None) -> datetime | None:
    """Return from when on to read; None: everything. The host's clock may have been set back."""
    return min(cursor, view.began) - context.overlap if cursor else None


def _pages(view: HostReading, since: datetime | None) -> Iterator[list[ShownInvoice]]:
    after: Place | None = None
    while shown := view.page(since=since, after=after, size=PAGE):
        yield shown
        after = shown[-1].place
        if len(shown) < PAGE:
            return


def _retry(context: SyncContext, view: HostReading, outcome: Outcome, cursor: datetime | None) -> None:
    """Try again what was refused; what the view does not have any more is forgotten."""
    started = context.now()
    for _ in range(kept_invoices.MOST_RETRIED // PAGE):
        with context.reading() as session:
            sync = syncs.load(session, context)
            numbers = kept_invoices.to_retry(session, sync, before=started, size=PAGE)
        if not numbers:
            return
        shown = view.named(numbers)
        gone = set(numbers) - {one.number for one in shown}
        with context.transaction() as session:
            kept_invoices.forget_refusals(session, syncs.load(session, context), gone)
        _take_in(context, shown, outcome, cursor)


def _take_in(
    context: SyncContext, shown: list[ShownInvoice], outcome: Outcome, cursor: datetime | None
) -> datetime | None:
    """Import some invoices; then keep what became of them and, of a page, that it was read.

    Returns where the run has put the cursor, which is at `cursor` unless somebody else has moved it.
    """
    report, refused = take_in(
        context,
        shown,
        issuer_id=context.issuer_id,
        zone=context.zone,
        dry_run=False,
        on_hold=outcome.on_hold,
    )
    with context.transaction() as session:
        sync = syncs.load(session, context)
        kept_invoices.keep(session, sync, shown, refused, context.now())
        place = shown[-1].place if shown else None
        # Whoever takes an import back meanwhile wants everything read again.
        if place is not None and not outcome.on_hold and sync.cursor == cursor:
            sync.cursor = cursor = max(cursor or place.changed, place.changed)
    if report is not None:
        outcome.add(report)
    outcome.refuse(refused)
    return cursor


def _end(context: SyncContext, began: datetime, cursor: datetime | None) -> None:
    """Note that everything was read that the host had when the run began."""
    with context.transaction() as session:
        sync = syncs.load(session, context)
        sync.cursor = began if sync.cursor == cursor else sync.cursor
        sync.ended_at = context.now()
