"""The page of the columns of an import: their names from the code, their meaning from here."""

from paymail.services.imports.header import (
    HEAD_COLUMNS,
    LINE_COLUMNS,
    OPTIONAL_COLUMNS,
    OPTIONAL_LINE_COLUMNS,
    SYNONYMS,
)
from paymail.services.imports.invoice_check import HOST_PAYMENT_STATUSES
from paymail.tax import TaxCategory
from tests.conftest import SAMPLE

HEAD = """# CSV columns

`paymail import FILE` reads the export of your own system: a header line, and **one row per line item**. The
columns of the invoice are repeated on each of its rows and must be the same there. The columns are
needed, but for those that are called optional, in any order and by any of their names; other columns are left
out, and named in a note.

The file may be UTF-8, UTF-16 or Windows-1252, and its fields separated by commas, semicolons, tabs or `|`.
Write amounts as `1234.50` or, in a file that does so throughout, as `1234,50`; separators of thousands are
understood where the file's amounts prove its decimal mark. `12,500` proves nothing: it could be two numbers,
and so could `12.500`. They are refused where nothing else proves the mark, and where amounts have three
decimals (`KWD`), unless you give `--decimal-mark`. No currency sign, and no more decimals than the currency
has.

Of the other names of a column only one may be there, unless our own is there too.

Files of Xero, QuickBooks Online, Invoice Ninja and some others are read as they are, and you can say how
yours is to be read: [Import profiles](profiles.md).

How to use it, and what happens when a file is wrong: [Import from your system](../how-to/import.md).
"""

MEANING = {
    "invoice_id": "Your number of the invoice, such as `502` or `INV-0042`: at most 40 characters. Customers"
    " see it, and paymail knows the invoice by it, unless you give `external_ref`. A whole number is its"
    " id in paymail too, where that is free.",
    "customer_name": "At most 300 characters. A customer is known by `customer_ref`; else by name, in any"
    " case, and address. A known invoice with another address moves its customer there, and the new invoices"
    " of the file with it; a new invoice alone makes a second customer, with a note.",
    "customer_email": "One address, or several between semicolons: the first is the customer's own, the"
    " others are [contacts](../contacts.md) that get everything. Their form is checked, not whether they"
    " exist.",
    "currency": "Three capital letters, such as `AUD` or `JPY`.",
    "issued_date": "`YYYY-MM-DD`, between 1990 and 2200; a date-time counts if it is midnight, in its own"
    " offset or in the issuer's time zone.",
    "due_date": "`YYYY-MM-DD`, not before the issue date.",
    "status": "`draft` (not issued yet: it is neither mailed nor paid), `sent` (issued and owed) or `void`."
    " `sent` says nothing about an email: importing sends none.",
    "payment_status": "",
    "subtotal": "The sum of the line amounts, without tax.",
    "tax_rate": "Per cent, from 0 to 100: the rate of the lines that do not give their own.",
    "tax_amount": "The tax of the lines. Any [lawful rounding](../tax.md#which-sums-are-accepted) will do.",
    "total": "Subtotal plus tax. It may be 0; below zero it is a credit note, and"
    " [refused](../tax.md#credit-notes).",
    "amount_paid": "All that ever arrived, as far as your system knows: 0 when `unpaid`, the total or more"
    " when `paid`, else between them. What exceeds all that arrived here is recorded as a payment.",
    "external_ref": "Your own id of the invoice, at most 200 characters, unique for an issuer. With it a"
    " draft may change its number.",
    "customer_ref": "Your own id of the customer, at most 200 characters, unique for an issuer. With it a"
    " customer may change its name.",
    "customer_tax_id": "At most 60 characters.",
    "customer_address": "The billing address, at most 2,000 characters; line breaks are kept.",
    "customer_country": "Of the billing address: two letters, such as `AU`.",
    "customer_attention": "The person or department that the invoice is for, at most 200 characters.",
    "tax_amount_aud": "The tax in Australian dollars, of an invoice in another currency: an Australian tax"
    " invoice must say it.",
    "purchase_order": "The customer's number of the order, at most 100 characters.",
    "terms": "At most 2,000 characters; line breaks are kept.",
    "notes": "At most 2,000 characters; line breaks are kept.",
    "metadata": "A JSON object of texts: at most 20 keys of 40 characters, values of 200. Kept, not shown to"
    " customers.",
    "payment_token": "The secret of a pay link that you mailed before paymail came: 64 lower-case hexadecimal"
    " characters. The link `…/pay/TOKEN` then goes on working. Empty: paymail makes one. It is taken with a"
    " new invoice only, and refused if it is another invoice's or was ever replaced. Errors never show it.",
    "line": "The position of the line item on the invoice: a positive whole number, once per invoice.",
    "description": "What was sold, at most 5,000 characters; line breaks are kept.",
    "quantity": "A decimal number, such as `0.5`.",
    "unit_price": "A decimal number, without tax.",
    "line_amount": "Quantity times unit price, without tax, rounded half up or half even. It may be negative:"
    " a discount.",
    "line_tax_rate": "The tax rate of this line in per cent; empty: the invoice's `tax_rate`.",
    "line_tax_category": "{categories} (the codes of EN 16931); empty: `S`, or `Z` at a rate of zero. All but"
    " `S` have no tax, so their rate may stay empty.",
}

CATEGORIES = {
    TaxCategory.STANDARD: "standard",
    TaxCategory.ZERO: "zero-rated; of GST in Australia: GST-free",
    TaxCategory.EXEMPT: "exempt; of GST in Australia: input taxed",
    TaxCategory.REVERSE_CHARGE: "reverse charge",
    TaxCategory.OUTSIDE_SCOPE: "outside the scope",
}


def page() -> str:
    """Return the page. Raises KeyError for a column that nobody has explained."""
    categories = ", ".join(f"`{category}` ({CATEGORIES[category]})" for category in TaxCategory)
    statuses = [f"`{status}`" for status in HOST_PAYMENT_STATUSES]
    said = {
        **MEANING,
        "line_tax_category": MEANING["line_tax_category"].format(categories=categories),
        "payment_status": f"{', '.join(statuses[:-1])} or {statuses[-1]}, as it was in your system.",
    }
    assert not set(said) - set(SYNONYMS), "a column is explained that no longer exists"
    return "\n".join(
        [
            HEAD,
            "## Of the invoice\n",
            *_table(HEAD_COLUMNS, said),
            "\n## Of the invoice, optional\n",
            "A file without such a column leaves what is here; an empty cell removes it, except the ids.\n",
            *_table(OPTIONAL_COLUMNS, said),
            "\n## Of the line item\n",
            *_table(LINE_COLUMNS, said),
            "\n## Of the line item, optional\n",
            "An invoice whose lines have [different taxes](../tax.md) needs one of them.\n",
            *_table(OPTIONAL_LINE_COLUMNS, said),
            "\n## Other names\n",
            "Capitals, spaces and punctuation of a header do not matter: `Invoice No.` is `invoice_no`.\n",
            *_names(),
            f"\n## Example\n\nAn invoice with two lines:\n\n```text\n{_example()}\n```",
        ]
    )


def _example() -> str:
    """Return the header and the first invoice of the sample that has just two lines."""
    header, *rows = SAMPLE.read_text(encoding="utf-8").splitlines()
    ids = [row.partition(",")[0] for row in rows]
    chosen = next(found for found in ids if ids.count(found) == 2)
    return "\n".join([header, *(row for row in rows if row.startswith(f"{chosen},"))])


def _names() -> list[str]:
    lines = [
        f"| `{column}` | {', '.join(f'`{name}`' for name in names)} |"
        for column, names in SYNONYMS.items()
        if names
    ]
    return ["| Column | Also understood |", "|---|---|", *lines]


def _table(names: list[str], said: dict[str, str]) -> list[str]:
    return ["| Column | What it holds |", "|---|---|", *(f"| `{name}` | {said[name]} |" for name in names)]
