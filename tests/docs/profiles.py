"""The page of the profiles: columns, words and taxes from the code, where they come from from here."""

import csv
from pathlib import Path

from paymail.services.imports.header import SYNONYMS, canonical
from paymail.services.imports.profiles import BUILT_IN, Profile
from paymail.services.imports.profiles.amounts import plain
from paymail.services.imports.profiles.definition import KEYS, LARGEST
from paymail.services.imports.profiles.profile import ADDRESS, FURTHER_COLUMNS, METADATA, NOT_ZERO
from tests.conftest import ROOT
from tests.services.imports.test_own_profiles import OURS

EXPORTS = ROOT / "tests" / "services" / "imports" / "exports"
FOLDER = Path(__file__).parent
HEAD = (FOLDER / "profiles_head.md").read_text(encoding="utf-8")
SOURCES = {
    "xero": "The columns are those of Xero's list of sales invoices exported as CSV, and of its template for "
    "importing them, as others document them "
    "([Milient](https://docs.milientsoftware.com/help/moment-by-topic/integrations/file-exports"
    "/file-export-accounting-system/xero/xero-templates))"
    " and as public programs that read such exports test them. We had no export of Xero itself to try.",
    "quickbooks": "QuickBooks Online has no export of invoices with their lines. The columns are those "
    "of its import "
    "of invoices, as [Intuit names "
    "them](https://quickbooks.intuit.com/learn-support/en-ca/sales-and-invoicing/do-we-need-to-"
    "map-field-everytime-when-import-invoices/01/394876/highlight/true),"
    " which exporting apps write too, with those added that the import has not: address, total and "
    "balance. We had no file of QuickBooks itself to try.",
    "invoice-ninja": "The columns are those of Invoice Ninja 5's report of invoice items, from its source "
    "code "
    "(`app/Export/CSV/BaseExport.php`, and the headings in its tests), in English. We had no report of "
    "a running Invoice Ninja to try.",
    "psa": "Reports of these systems are set up by whoever runs them (HaloPSA's [CSV "
    "templates](https://www.usehalo.com/guides/1391), ConnectWise's report writer). The columns have "
    "the names that ConnectWise's list of invoices has, as [others document "
    "it](https://betterinvoice.io/docs/connectwise/company-finance/invoices-tab), and common names for "
    "those of lines. If yours are called otherwise, rename them in the report or save a profile of your"
    " own.",
}
REMARKS = {
    "xero": "`Type` must be `Sales invoice`: credit notes and overpayments stay out, with what "
    "to do instead.",
    "quickbooks": "All invoices are issued ones, unless a column `Status` says `voided`. A line with "
    "`Taxable` `N` is"
    " outside the scope of the tax.",
    "invoice-ninja": "The invoice's own tax rate is that of lines without one. A discount, surcharge or "
    "second tax on "
    "the whole invoice has no place on an invoice of paymail, so such an invoice stays out.",
    "psa": "The extended price tells such a report from paymail's own columns.",
}
OWN = (FOLDER / "profiles_own.md").read_text(encoding="utf-8")
OWN = OWN.replace("LARGEST", str(LARGEST // 1024)).replace("EXAMPLE", OURS.strip())


def page() -> str:
    """Return the page. Raises KeyError for a profile that nobody has explained."""
    assert {*SOURCES} == {*REMARKS} == {one.name for one in BUILT_IN}, "a profile is explained that is gone"
    assert all(f"| `{key}` |" in OWN or f"| `[{key}]` |" in OWN for key in KEYS), "a key is not explained"
    parts = [HEAD]
    for one in BUILT_IN:
        parts += [f"## `{one.name}`: {one.title}\n", SOURCES[one.name], "", *_columns(one), ""]
        parts += [*_words(one), "", REMARKS[one.name], ""]
    further = [
        f"| `{name}` | {meaning[0].upper()}{meaning[1:]}. |" for name, meaning in FURTHER_COLUMNS.items()
    ]
    return "\n".join([*parts, OWN, "| Column | What it holds |", "|---|---|", *further])


def _columns(profile: Profile) -> list[str]:
    spelled = _spelling(profile.name)
    signs = ", ".join(" or ".join(f"`{spelled.get(name, name)}`" for name in sign) for sign in profile.signs)
    lines = [f"Recognised by: {signs}.\n", "| Column | The file's name for it |", "|---|---|"]
    for column, names in profile.columns.items():
        shown = ", ".join(f"`{spelled.get(name, name)}`" for name in names)
        lines.append(f"| {_meaning(profile, column)} | {shown} |")
    return lines


def _meaning(profile: Profile, column: str) -> str:
    if column.startswith(ADDRESS):
        return "a line of `customer_address`"
    if column.startswith(METADATA):
        return f"`metadata`, as {profile.kept_names[column]}"
    if column.startswith(NOT_ZERO):
        return "must be empty or 0"
    return f"`{column}`" if column in SYNONYMS else f"{FURTHER_COLUMNS[column]}"


def _words(profile: Profile) -> list[str]:
    meanings: dict[str, list[str]] = {}
    for word, means in profile.statuses.items():
        payment = f", {means.payment}" if means.payment else ""
        meanings.setdefault(f"{means.status}{payment}", []).append(f"`{word}`")
    lines = ["| Status in the file | Status here |", "|---|---|"]
    lines += [f"| {', '.join(words)} | {meaning} |" for meaning, words in meanings.items()]
    if profile.taxes:
        lines += ["", "| Name of a tax | Rate and category |", "|---|---|"]
        rates = [
            (f"`{name}`", f"{plain(tax.rate)}% {tax.category}".strip()) for name, tax in profile.taxes.items()
        ]
        lines += [f"| {name} | {rate} |" for name, rate in rates]
    return lines


def _spelling(name: str) -> dict[str, str]:
    """Return how a host writes its columns, by how we do, from the export that is tested."""
    with (EXPORTS / f"{name.replace('-', '_')}.csv").open(encoding="utf-8", newline="") as file:
        return {canonical(cell): cell for cell in next(csv.reader(file))}
