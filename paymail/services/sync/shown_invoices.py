"""What the view shows as the rows that every import checks; what cannot be such rows is refused."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from paymail.observability import one_line
from paymail.ports.host_database import CHANGED, NUMBER, ShownInvoice
from paymail.services.core.contexts import Context
from paymail.services.imports import Fault, Format, GivenInvoices, Report, import_invoices
from paymail.services.imports.fields import Row
from paymail.services.imports.header import COLUMNS, LINE_COLUMNS
from paymail.services.imports.numbers import DecimalMark
from paymail.services.sync import doubled_payments
from paymail.services.sync.outcome import RefusedInvoice
from paymail.services.sync.syncs import ACTOR

UNPAID: Row = {"amount_paid": "0", "payment_status": "unpaid"}
MOST_FAULTS = 20
"""Of one invoice; more tell nobody anything."""


def take_in(
    context: Context,
    shown: Sequence[ShownInvoice],
    *,
    issuer_id: int,
    zone: str,
    dry_run: bool,
    on_hold: bool = False,
) -> tuple[Report | None, list[RefusedInvoice]]:
    """Import some invoices by the use case of all imports; return its report, and which were refused.

    On hold what the host was paid is left out.
    """
    sound, refused = _sorted_out(context, shown, issuer_id, on_hold=on_hold)
    if not sound:
        return None, refused
    numbered, owners = _numbered(sound, UNPAID if on_hold else {})
    report = import_invoices(
        context,
        source=GivenInvoices(numbered, Format(DecimalMark.POINT, zone=ZoneInfo(zone))),
        issuer_id=issuer_id,
        actor=ACTOR,
        dry_run=dry_run,
        source_name=None,  # a run every minute would fill the list of imports, with its refusals alone
    )
    faults: dict[str, list[str]] = {
        owners[result.line]: [] for result in report.results if result.what == "refused"
    }
    for fault in report.faults:
        if (mine := faults.get(owners.get(fault.line, ""))) is not None and len(mine) < MOST_FAULTS:
            mine.append(_text(fault))
    return report, refused + [RefusedInvoice(number, tuple(found)) for number, found in faults.items()]


def _sorted_out(
    context: Context, shown: Sequence[ShownInvoice], issuer_id: int, *, on_hold: bool
) -> tuple[list[ShownInvoice], list[RefusedInvoice]]:
    """Return what can be imported, and what is refused before that."""
    refused = [RefusedInvoice(one.number, why) for one in shown if (why := _unreadable(one))]
    sound = _without(refused, shown)
    if on_hold:
        return sound, refused
    with context.transaction() as session:
        doubled = doubled_payments.find(session, issuer_id, sound)
    return _without(doubled, sound), refused + doubled


def _without(refused: Sequence[RefusedInvoice], shown: Sequence[ShownInvoice]) -> list[ShownInvoice]:
    numbers = {one.number for one in refused}
    return [one for one in shown if one.number not in numbers]


def _numbered(
    shown: Sequence[ShownInvoice], instead: Row
) -> tuple[list[list[tuple[int, Row]]], dict[int, str]]:
    """Return the rows with a number for each, and whose it is; some values are given instead of theirs."""
    owners: dict[int, str] = {}
    found = []
    for one in shown:
        rows = []
        for row in one.rows:
            owners[len(owners) + 1] = one.number
            known = {key: value or "" for key, value in row.items() if key != CHANGED}
            rows.append((len(owners), known | instead))
        found.append(rows)
    return found, owners


def _unreadable(shown: ShownInvoice) -> tuple[str, ...]:
    """Return why an invoice cannot even be checked."""
    if shown.too_large:
        return (shown.too_large,)
    if not shown.number:
        return (f"{NUMBER}: is NULL or empty; the view must give each invoice its number",)
    if not shown.rows:
        return (f"{NUMBER}: is too long",)
    missing = [name for name in (*COLUMNS, CHANGED) if any(row[name] is None for row in shown.rows)]
    return tuple(f"{name}: {_advice(name, shown.rows)}" for name in missing)


def _advice(name: str, rows: Sequence[Mapping[str, str | None]]) -> str:
    if name == CHANGED:
        return "is NULL; give the time of the invoice's last change"
    if name in LINE_COLUMNS and len(rows) == 1 and all(rows[0][column] is None for column in LINE_COLUMNS):
        return "is NULL; each invoice needs at least one line"
    return "is NULL; the view must give it a value"


def _text(fault: Fault) -> str:
    return one_line(f"{fault.column}: {fault.reason}" if fault.column else fault.reason)
