"""The chips above the list of invoices: each a part of the filter with its value and its small form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from paymail.models import Issuer
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.overdue_age import AGES, Age
from paymail.web.staff.invoice_rows import DELIVERY_BADGES, PAYMENT_BADGES

AGE_WORDS = {
    Age.NOT_DUE: "Not due yet",
    Age.TO_30: "1\N{EN DASH}30 days",
    Age.TO_60: "31\N{EN DASH}60 days",
    Age.TO_90: "61\N{EN DASH}90 days",
    Age.OVER_90: "Over 90 days",
    Age.ANY: "Overdue",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A tick box of a chip. `tone` is None where the word stands for itself."""

    value: str
    word: str
    tone: str | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """An input of a chip."""

    name: str
    label: str
    value: str
    kind: str = "text"
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the filter: what it is set to, its form, and the other fields, which stay as they are."""

    name: str
    value: str
    """Empty: it does not filter."""
    parameter: str
    choices: tuple[Choice, ...]
    fields: tuple[Field, ...]
    others: tuple[tuple[str, str], ...]
    without: str
    """The filter without it, as text."""


def chips_of(wanted: InvoiceFilter, issuers: Sequence[Issuer]) -> list[Chip]:
    """Return the chips of a filter, those that are set first."""
    dates = [
        _ranged(wanted, "Issued", "issued_from", "issued_to", "date"),
        _ticked(wanted, "Delivery", "delivery", [(d, w, t) for d, (t, w) in DELIVERY_BADGES.items()]),
        _ticked(wanted, "Payment", "payment", [(p, w, t or None) for p, (t, w) in PAYMENT_BADGES.items()]),
        _ticked(wanted, "Overdue", "overdue", [(a, AGE_WORDS[a], None) for a in (Age.ANY, *AGES)]),
        _ranged(wanted, "Due", "due_from", "due_to", "date"),
        _ranged(wanted, "Total", "amount_from", "amount_to", "text"),
        _typed(wanted, "Currency", "currency", "Code, such as AUD"),
        _typed(wanted, "Customer", "customer", "Part of the name or address"),
        _typed(wanted, "Batch", "batch", "Number of the import"),
    ]
    if len(issuers) > 1:
        names = [(str(one.issuer_id), one.name, None) for one in issuers]
        dates.append(_ticked(wanted, "Company", "company", names))
    set_only = [_set(wanted, name, parameter) for name, parameter in _SET_ONLY]
    return sorted([*dates, *(one for one in set_only if one.value)], key=lambda one: not one.value)


_SET_ONLY = (
    ("Search", "q"),
    ("Picked", "invoice"),
    ("Stripe", "stripe"),
    ("Status", "status"),
    ("Stored payment", "payment_status"),
)
"""Parts that an address can have and that no form of a chip sets."""


def _chip(
    wanted: InvoiceFilter,
    name: str,
    parameters: Sequence[str],
    value: str,
    choices: Iterable[Choice] = (),
    inputs: Iterable[Field] = (),
) -> Chip:
    others = tuple(pair for pair in wanted.pairs() if pair[0] not in parameters)
    empty = InvoiceFilter()
    without = replace(wanted, **{one: getattr(empty, one) for one in parameters}).query
    return Chip(name, value, parameters[0], tuple(choices), tuple(inputs), others, without)


def _ticked(
    wanted: InvoiceFilter, name: str, parameter: str, known: Iterable[tuple[str, str, str | None]]
) -> Chip:
    chosen = {str(one) for one in getattr(wanted, parameter)}
    choices = [Choice(str(value), word, tone, str(value) in chosen) for value, word, tone in known]
    words = [one.word for one in choices if one.chosen]
    value = ", ".join(words) if len(words) < 4 else f"{len(words)} chosen"
    return _chip(wanted, name, [parameter], value, choices)


def _ranged(wanted: InvoiceFilter, name: str, least: str, most: str, kind: str) -> Chip:
    low, high = (getattr(wanted, one) for one in (least, most))
    shown = [f"{one}" for one in (low, high) if one is not None]
    value = (
        " \N{EN DASH} ".join(shown) if len(shown) == 2 else f"from {low}" if low is not None else f"to {high}"
    )
    inputs = [
        Field(least, "From", "" if low is None else str(low), kind),
        Field(most, "To", "" if high is None else str(high), kind),
    ]
    return _chip(wanted, name, [least, most], value if shown else "", inputs=inputs)


def _typed(wanted: InvoiceFilter, name: str, parameter: str, hint: str) -> Chip:
    value = str(getattr(wanted, parameter) or "")
    return _chip(wanted, name, [parameter], value, inputs=[Field(parameter, name, value, hint=hint)])


def _set(wanted: InvoiceFilter, name: str, parameter: str) -> Chip:
    value = dict(wanted.pairs()).get(parameter, "")
    shown = f"{value.count(',') + 1} invoices" if parameter == "invoice" and value else value
    return _chip(wanted, name, [parameter], shown)
