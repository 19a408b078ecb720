"""What `paymail sync` says of a run."""

from collections.abc import Iterator
from datetime import datetime

from paymail.observability import one_line
from paymail.services.sync import Outcome
from paymail.services.sync.state import State

MOST_LINES = 100
"""Invoices that are listed; --json has more."""


def outcome_lines(found: Outcome) -> tuple[list[str], list[str]]:
    """Return what a run did in lines, and what needs somebody's attention."""
    faults = [line for one in found.refusals[:MOST_LINES] for line in _refused(one.number, one.faults)]
    if found.refused > MOST_LINES:
        faults.append(f"and {found.refused - MOST_LINES:,} more refused invoices: `paymail sync status`")
    faults += [
        f"invoice {_name(number)}: your system did not take the update: {one_line(reason)}"
        for number, reason in list(found.untold.items())[:MOST_LINES]
    ]
    if found.on_hold:
        faults.append("note: payments are on hold after a restore: money stayed out, and nothing was told")
    faults += [f"note: {one_line(note)}" for note in found.notes[:MOST_LINES]]
    said = [
        f"invoice {_name(number)} updated: {', '.join(fields)}"
        for number, fields in found.changes[:MOST_LINES]
    ]
    said.append(
        f"{found.read:,} invoices read: {found.created:,} new, {found.updated:,} updated,"
        f" {found.unchanged:,} unchanged, {found.refused:,} refused; your system was told of {found.told:,}"
    )
    return said, faults


def difference_lines(found: Outcome, source: str, *, first: bool) -> Iterator[str]:
    """Yield what to do about a difference that was only looked at."""
    yield f"Nothing was written: this is what would change from {one_line(source)}."
    if first:
        yield "If it is right, run `paymail sync --accept` once; later runs write by themselves."
    if found.refused:
        yield "Refused invoices stay out until your system's data or the view is corrected."


def state_lines(found: State) -> Iterator[str]:
    """Yield where a sync stands."""
    yield f"source    {one_line(found.source)}"
    if found.accepted_at is None:
        yield "accepted  not yet: run `paymail sync`, then `paymail sync --accept`"
        return
    yield f"accepted  {_at(found.accepted_at)}"
    yield f"read to   {_at(found.cursor)} by your system's clock"
    yield f"last run  ended {_at(found.ended_at)}"
    yield f"invoices  {found.invoices:,}, {found.refused:,} refused"
    for one in found.refusals[:MOST_LINES]:
        yield from _refused(one.number, one.faults)
    if found.untold:
        yield f"updates   {found.untold:,} that your system has not taken yet"
    for number, failure in found.failures[:MOST_LINES]:
        yield f"invoice {_name(number)}: {one_line(failure)}"


def _refused(number: str, faults: tuple[str, ...]) -> Iterator[str]:
    for fault in faults or ("is refused",):
        yield f"invoice {_name(number)}: {one_line(fault)}"


def _name(number: str) -> str:
    return one_line(number, 40) or "(without a number)"


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "never"
