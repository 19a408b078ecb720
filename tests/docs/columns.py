"""The page of the columns of an import: their names from the code, their meaning from here."""

from paymail.services.imports.header import HEAD_COLUMNS, LINE_COLUMNS, OPTIONAL_COLUMNS, SYNONYMS
from paymail.services.imports.invoice_check import HOST_PAYMENT_STATUSES
from tests.conftest import SAMPLE

HEAD = """# CSV columns

`paymail import FILE` reads the export of your own system: a header line, and **one row per line item**. The
columns of the invoice are repeated on each of its rows and must be the same there. Every column but
`payment_token` is needed, in any order and by any of its names; other columns are left out, and named in a
note.

The file may be UTF-8, UTF-16 or Windows-1252, and its fields separated by commas, semicolons, tabs or `|`.
Write amounts as `1234.50` or, in a file that does so throughout, as `1234,50`; separators of thousands are
understood where the file's amounts prove its decimal mark. `12,500` proves nothing: it could be two numbers,
and so could `12.500`. They are refused where nothing else proves the mark, and where amounts have three
decimals (`KWD`), unless you give `--decimal-mark`. No currency sign, and no more decimals than the currency
has.

Of the other names of a column only one may be there, unless our own is there too.

How to use it, and what happens when a file is wrong: [Import from your system](../how-to/import.md).
"""

MEANING = {
    "invoice_id": "Your number of the invoice, a positive whole number. Customers see it, and paymail"
    " knows the invoice again by it.",
    "customer_name": "At most 300 characters. A customer is known by name and address together.",
    "customer_email": "One address. It is checked for its form, not asked whether it exists.",
    "currency": "Three capital letters, such as `AUD` or `JPY`.",
    "issued_date": "`YYYY-MM-DD`, between 1990 and 2200; a date-time counts if it is midnight, in its own"
    " offset or in the issuer's time zone.",
    "due_date": "`YYYY-MM-DD`, not before the issue date.",
    "status": "`draft` (not issued yet: it is neither mailed nor paid), `sent` (issued and owed) or `void`."
    " `sent` says nothing about an email: importing sends none.",
    "payment_status": "",
    "subtotal": "The sum of the line amounts, without tax.",
    "tax_rate": "Per cent, from 0 to 100.",
    "tax_amount": "The rate of the subtotal, rounded half up, once for all or once per line: both will do.",
    "total": "Subtotal plus tax.",
    "amount_paid": "What had arrived before: 0 when `unpaid`, the total when `paid`, else between them.",
    "line": "The position of the line item on the invoice: a positive whole number, once per invoice.",
    "description": "What was sold, at most 2,000 characters; line breaks are kept.",
    "quantity": "A decimal number, such as `0.5`.",
    "unit_price": "A decimal number, without tax.",
    "payment_token": "The secret of a pay link that you mailed before paymail came: 64 lower-case hexadecimal"
    " characters. The link `…/pay/TOKEN` then goes on working. Empty: paymail makes one. It is taken with a"
    " new invoice only, and refused if it is another invoice's or was ever replaced. Errors never show it.",
    "line_amount": "Quantity times unit price, rounded half up. It may be negative: a discount.",
}


def page() -> str:
    """Return the page. Raises KeyError for a column that nobody has explained."""
    statuses = [f"`{status}`" for status in HOST_PAYMENT_STATUSES]
    said = {
        **MEANING,
        "payment_status": f"{', '.join(statuses[:-1])} or {statuses[-1]}, as it was in your system.",
    }
    assert not set(said) - {*HEAD_COLUMNS, *LINE_COLUMNS, *OPTIONAL_COLUMNS}, (
        "a column is explained that no longer exists"
    )
    return "\n".join(
        [
            HEAD,
            "## Of the invoice\n",
            *_table(HEAD_COLUMNS, said),
            "\n## Of the line item\n",
            *_table(LINE_COLUMNS, said),
            "\n## Not needed\n",
            "Of the invoice too, and the same on each of its rows.\n",
            *_table(OPTIONAL_COLUMNS, said),
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
