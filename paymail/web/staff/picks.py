"""Which invoices an act is for: those that were picked on the list, or all that its filter finds."""

from collections.abc import Iterable
from dataclasses import replace

from paymail.services.lists.invoice_filter import BadFilter, InvoiceFilter, from_pairs

_OWN = ("picks", "all", "act")
"""What the list's form says beside the filter."""


def picked(pairs: Iterable[tuple[str, str]]) -> InvoiceFilter:
    """Read what the list's form says, or a link with a filter. Raises BadFilter when nothing was picked."""
    given = list(pairs)
    own = dict(pair for pair in given if pair[0] in _OWN)
    wanted = from_pairs(pair for pair in given if pair[0] not in _OWN)
    if "picks" not in own:
        return wanted
    if own.get("all") == "yes":
        return replace(wanted, invoice=())
    if not wanted.invoice:
        raise BadFilter("nothing is picked; tick the invoices, or the box above them for all that match")
    return InvoiceFilter(invoice=wanted.invoice)
