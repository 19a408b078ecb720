"""Which invoices an act is for: those that were picked on the list, or all that its filter finds."""

from collections.abc import Iterable
from dataclasses import replace

from paymail.services.lists.invoice_filter import BadFilter, InvoiceFilter, from_pairs

_OWN = ("picks", "all", "act", "among")
"""What the list's form says beside the filter; `among` are the invoices that the list itself is of."""


def picked(pairs: Iterable[tuple[str, str]]) -> InvoiceFilter:
    """Read what the list's form says, or a link with a filter. Raises BadFilter when nothing was picked."""
    given = list(pairs)
    own = dict(pair for pair in given if pair[0] in _OWN)
    rest = [pair for pair in given if pair[0] not in _OWN]
    if "picks" not in own:
        return from_pairs(rest)
    if own.get("all") == "yes":
        listed = [pair for pair in rest if pair[0] != "invoice"]
        return from_pairs([*listed, ("invoice", own.get("among", ""))])
    ticked = from_pairs(rest).invoice
    if not ticked:
        raise BadFilter("nothing is picked; tick the invoices, or the box above them for all that match")
    return InvoiceFilter(invoice=ticked)


def of_company(wanted: InvoiceFilter, company: int | None) -> InvoiceFilter:
    """Return what a page of the chosen company means by a filter: those of it, as the list showed them,
    unless the filter names others only.

    None: no company is chosen.
    """
    if company is None or (wanted.company and company not in wanted.company):
        return wanted
    return replace(wanted, company=(company,))
