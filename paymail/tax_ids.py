"""Tax ids: what they are called, how they are written, and whether their check digits are right.

Source of the rules: python-stdnum, which names the authority of each; of the ABN the Australian Business
Register (11 digits, the first two check the rest).
"""

import re
from typing import Any

from stdnum import get_cc_module

LABELS = {
    "AE": "TRN",
    "AT": "UID-Nr.",
    "AU": "ABN",
    "CA": "BN",
    "CH": "UID",
    "DE": "USt-IdNr.",
    "FR": "N° TVA",
    "GB": "VAT number",
    "IN": "GSTIN",
    "JP": "登録番号",
    "NZ": "GST number",
    "SG": "UEN",
    "US": "EIN",
}
"""What the authorities of a country call it, by ISO 3166-1."""
_SEPARATOR = r"[\s.:]*"


def label_of(country: str, tax_name: str) -> str:
    """Return what stands before a tax id of a country where tax is called `tax_name`."""
    return LABELS.get(country) or (f"{tax_name} number" if tax_name else "")


def without_label(tax_id: str, label: str) -> str:
    """Return a tax id without the label that whoever wrote it put before it: `ABN 51 …` is `51 …`."""
    return (
        re.sub(rf"^{re.escape(label)}{_SEPARATOR}", "", tax_id.strip(), flags=re.IGNORECASE)
        if label
        else tax_id
    )


def is_known(country: str) -> bool:
    """Whether somebody here knows the rules of a country's tax ids."""
    return _rules(country) is not None


def is_valid(tax_id: str, country: str) -> bool:
    """Whether a tax id, without its label, is one of the country. Where nobody knows the rules none is."""
    rules = _rules(country)
    return rules is not None and bool(rules.is_valid(tax_id))


def written(tax_id: str, country: str) -> str:
    """Return a tax id as its country writes it, such as `51 824 753 556`; as it is where it is none."""
    rules = _rules(country)
    if rules is None or not hasattr(rules, "format") or not rules.is_valid(tax_id):
        return tax_id
    return str(rules.format(tax_id))


def _rules(country: str) -> Any:
    if not re.fullmatch(r"[A-Z]{2}", country, re.ASCII):
        return None
    return get_cc_module(country.lower(), "vat")
