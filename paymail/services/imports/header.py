"""The header of a host's file: which of its columns is which of ours."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from paymail.services.imports.faults import Fault, ImportRefused, shown

HEAD_COLUMNS = (
    "invoice_id customer_name customer_email currency issued_date due_date status payment_status"
    " subtotal tax_rate tax_amount total amount_paid"
).split()
LINE_COLUMNS = "line description quantity unit_price line_amount".split()
COLUMNS = [*HEAD_COLUMNS, *LINE_COLUMNS]
"""What every file needs."""
OPTIONAL_COLUMNS = (
    "external_ref customer_ref customer_tax_id customer_address customer_country customer_attention"
    " tax_amount_aud purchase_order terms notes metadata payment_token"
).split()
OPTIONAL_LINE_COLUMNS = "line_tax_rate line_tax_category".split()
SYNONYMS: dict[str, tuple[str, ...]] = {
    "invoice_id": ("invoice_number", "invoice_no", "invoice", "number"),
    "customer_name": ("customer", "client_name", "client", "contact_name"),
    "customer_email": ("email", "email_address", "client_email", "contact_email"),
    "currency": ("currency_code",),
    "issued_date": ("invoice_date", "issue_date", "date_issued", "issued", "date"),
    "due_date": ("due", "date_due", "payment_due"),
    "status": ("invoice_status",),
    "payment_status": ("paid_status",),
    "subtotal": ("sub_total", "net_amount", "net_total"),
    "tax_rate": ("gst_rate", "vat_rate"),
    "tax_amount": ("tax", "tax_total", "gst", "gst_amount", "vat", "vat_amount"),
    "total": ("total_amount", "invoice_total", "grand_total", "gross_amount"),
    "amount_paid": ("paid", "paid_amount", "paid_to_date"),
    "line": ("line_number", "line_no", "position"),
    "description": ("line_description", "item_description", "item"),
    "quantity": ("qty",),
    "unit_price": ("unit_amount", "price", "unit_cost"),
    "line_amount": ("line_total", "line_net"),
    "external_ref": ("invoice_ref", "invoice_uuid"),
    "customer_ref": ("customer_id", "client_id"),
    "customer_tax_id": ("customer_abn", "customer_vat_number"),
    "customer_address": ("billing_address",),
    "customer_country": ("billing_country",),
    "customer_attention": ("attention",),
    "tax_amount_aud": ("gst_amount_aud", "gst_aud", "tax_aud"),
    "purchase_order": ("po_number", "purchase_order_number"),
    "terms": ("payment_terms",),
    "notes": ("invoice_notes",),
    "metadata": ("custom_fields",),
    "line_tax_rate": ("item_tax_rate", "line_gst_rate", "line_vat_rate"),
    "line_tax_category": ("tax_category", "item_tax_category"),
    "payment_token": (),
}
"""Other names of a column, as `canonical` writes them."""
_MEANT = {name: column for column, names in SYNONYMS.items() for name in (column, *names)}


@dataclass(frozen=True, slots=True)
class Header:
    """Our name of each column of the file, empty for one that is not read; and the names of those."""

    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    """What the file calls a column, where a profile reads it."""
    substitutes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The columns whose cells count where that of another one is empty, by that one."""


def canonical(cell: str) -> str:
    """Return a header's cell as our names are written: `Invoice No.` is `invoice_no`."""
    plain = unicodedata.normalize("NFKC", cell.replace("\ufeff", "")).casefold()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def meaning_of(cell: str) -> str:
    """Return which of our columns a header's cell names, by itself or as a synonym; empty for none."""
    return _MEANT.get(canonical(cell), "")


def known_columns(cells: Sequence[str]) -> int:
    """Count the cells that are a name of ours or a synonym."""
    return sum(canonical(cell) in _MEANT for cell in cells)


def read_header(cells: Sequence[str], line: int) -> Header:
    """Match the file's header with our columns; our own name goes before a synonym of it.

    Raises ImportRefused for what is missing or there twice: of two synonyms nobody knows which is meant.
    """
    names = [canonical(cell) for cell in cells]
    columns: list[str] = ["" for _ in names]
    for place, name in enumerate(names):
        if name in SYNONYMS:
            columns[place] = name
    others: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if (meant := _MEANT.get(name, "")) and meant not in columns:
            others.setdefault(meant, []).append(place)
    for meant, places in others.items():
        columns[places[0]] = meant
    wrong = [_two(meant, [cells[at] for at in places]) for meant, places in others.items() if places[1:]]
    wrong += [f"is missing {column}" for column in COLUMNS if column not in columns]
    wrong += [f"has {column} twice" for column in SYNONYMS if columns.count(column) > 1]
    if wrong:
        found = [cell.strip() for cell in cells if cell.strip() and canonical(cell) not in _MEANT]
        hint = f" (it also has {', '.join(map(shown, found[:20]))})" if found else ""
        faults = [Fault(line, "", f"the header {reason}") for reason in wrong]
        faults[-1] = Fault(line, "", faults[-1].reason + hint)
        raise ImportRefused(tuple(faults))
    ignored = [cell.strip() for cell, column in zip(cells, columns, strict=True) if not column]
    return Header(tuple(columns), tuple(name for name in ignored if name))


def _two(meant: str, cells: Sequence[str]) -> str:
    names = ", ".join(shown(cell.strip()) for cell in cells[:5])
    count = "two" if len(cells) == 2 else str(len(cells))
    return f"has {count} columns for {meant}: {names}; rename one to {meant}"
