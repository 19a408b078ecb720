"""The list of customers as CSV: a line per customer and currency that they owe."""

from collections.abc import Iterable, Iterator, Mapping

from paymail.models import Customer
from paymail.money import to_decimal
from paymail.services.exports.csv_lines import line, safe
from paymail.services.lists.customer_sums import Owed

HEAD = (
    "customer_id", "company", "external_ref", "name", "email", "address", "country", "tax_id",
    "reminders", "currency", "open_invoices", "balance", "overdue",
)  # fmt: skip


def head() -> str:
    """Return the first line."""
    return line(HEAD)


def lines_of(
    rows: Iterable[Customer], owed: Mapping[int, list[Owed]], companies: Mapping[int, str], held: set[int]
) -> Iterator[str]:
    """Yield the lines of some customers; money in major units, never added up over currencies."""
    for one in rows:
        reminders = "off" if one.reminders_off else "held" if one.customer_id in held else "on"
        known = (
            one.customer_id, companies[one.issuer_id], one.external_ref or "", one.name, one.email,
            one.address, one.country, one.tax_id, reminders,
        )  # fmt: skip
        sums = [_sums(each) for each in owed.get(one.customer_id, [])]
        for theirs in sums or [("", 0, "", "")]:
            yield line([safe(value) for value in (*known, *theirs)])


def _sums(owed: Owed) -> tuple[object, ...]:
    currency = owed.balance.currency
    return (
        currency,
        owed.count,
        to_decimal(owed.balance.minor, currency),
        to_decimal(owed.overdue.minor, currency),
    )
