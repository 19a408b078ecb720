"""The figures of a GST report: sums of its lines, and of nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from paymail.money import Money
from paymail.services.exports.gst_report import GstRow
from paymail.services.exports.gst_shares import Kind

_ADJUSTING = (Kind.CREDIT_NOTE, Kind.REFUND, Kind.CHARGEBACK, Kind.VOID)


@dataclass(slots=True)
class Figures:
    """Sums in the currency that is reported in, in minor units; what reduces is below zero."""

    currency: str
    sales: int = 0
    """G1: with GST."""
    gst: int = 0
    """1A."""
    adjusted_sales: int = 0
    """How much of G1 is credit notes, refunds and chargebacks."""
    adjusted_gst: int = 0
    lines: int = 0
    by_host: int = 0
    """Payments of which only the host's system told."""
    unknown: dict[str, int] = field(default_factory=dict)
    """Amounts that are not known in this currency, by their own: they are in no figure."""
    first: list[GstRow] = field(default_factory=list)
    """The first lines, to be shown."""

    @property
    def foreign(self) -> list[Money]:
        """What is in no figure, per currency."""
        return [Money(minor, currency) for currency, minor in sorted(self.unknown.items())]


def figures(found: Iterable[GstRow], *, currency: str, keep: int = 0) -> Figures:
    """Add up the lines; the first `keep` of them are kept."""
    sums = Figures(currency)
    for row in found:
        one = row.counted
        sums.lines += 1
        sums.by_host += row.by_host
        if len(sums.first) < keep:
            sums.first.append(row)
        if one.sales is None or one.gst is None:
            sums.unknown[row.currency] = sums.unknown.get(row.currency, 0) + one.amount
            continue
        sums.sales += one.sales
        sums.gst += one.gst
        if one.kind in _ADJUSTING:
            sums.adjusted_sales += one.sales
            sums.adjusted_gst += one.gst
    return sums
