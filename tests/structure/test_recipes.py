"""What docs/contributing.md asks for when something is added: a step that was forgotten is named here."""

import ast
import inspect
import re
from pathlib import Path

from paymail import checks
from paymail.checks.registry import CHECKS
from paymail.cli import reminders as reminders_command
from paymail.models import Issuer, PaymentStatus
from paymail.services.issuers.issuer_settings import ISSUER_FIELDS
from paymail.settings import Settings
from paymail.web.staff.issuer_settings_form import PreferencesForm
from tests.conftest import ROOT

IDENTITY = {
    "issuer_id", "name", "tax_id", "tax_name", "address", "email", "reply_to", "bookkeeper_email", "currency",
    "locale",
    "stripe_account", "last_receipt", "last_credit_note", "created_at",
    "phone", "tax_label", "colour", "logo_sha256", "terms", "footer",
    "bank_holder", "bank_name", "bank_bsb", "bank_number", "bank_payid", "bank_iban", "bank_bic",
    "bank_since", "legal_name", "website", "sender_findings", "statements_done",
    "statements_after",
}  # fmt: skip
"""Columns of an issuer that say who it is, or that paymail counts; none of them is a setting."""
OPTIONS = {
    "ladder": "ladder_text", "reminders_off": "on", "reminder_minimum": "minimum", "reminder_cap": "cap",
    "sender_rate": "rate", "application_fee": "fee",
}  # fmt: skip
"""Options of `paymail reminders issuer` that are called otherwise than their column."""
FIELDS = OPTIONS | {"ladder": "days", "reminders_off": "reminders"}
NOT_ON_THE_PAGE = {"application_fee"}
"""Set by who runs the platform, never by the issuer's own staff."""


def sources(folder: str) -> dict[Path, str]:
    return {file: file.read_text() for file in sorted((ROOT / "paymail" / folder).rglob("*.py"))}


def test_every_column_of_an_issuer_is_a_setting_or_says_who_it_is() -> None:
    columns = {column.key for column in Issuer.__table__.columns}
    forgotten = columns - IDENTITY - set(ISSUER_FIELDS)
    assert not forgotten, f"add {forgotten} to ISSUER_FIELDS (services/issuers/issuer_settings.py)"
    assert set(ISSUER_FIELDS) <= columns


def test_every_issuer_setting_has_an_option_a_field_and_a_line_in_the_docs() -> None:
    options = set(inspect.signature(reminders_command.issuer_).parameters)
    documented = (ROOT / "docs" / "issuer-settings.md").read_text()
    for name in ISSUER_FIELDS:
        assert OPTIONS.get(name, name) in options, f"`paymail reminders issuer` has no option for {name}"
        if name not in NOT_ON_THE_PAGE:
            field = FIELDS.get(name, name)
            assert field in PreferencesForm.model_fields, f"PreferencesForm has no field for {name}"
        assert f"| `{name}` |" in documented, f"docs/issuer-settings.md has no line for {name}"


def test_every_process_setting_is_read_by_somebody() -> None:
    text = "\n".join(sources("").values())
    for name in Settings.model_fields:
        readers = re.findall(rf"(?:settings|found|self|config)\.{name}\b", text)
        assert readers, f"nothing reads the setting {name}: pass it on in wiring.py"


def test_every_doctor_check_is_in_the_table() -> None:
    listed = {check.ask for check in CHECKS}
    for file, text in sources("checks").items():
        for node in ast.parse(text).body:
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            returns = ast.unparse(node.returns) if node.returns else ""
            first = node.args.args[0].annotation if node.args.args else None
            asked = first is not None and ast.unparse(first) == "Subject" and len(node.args.args) == 1
            if asked and re.search(r"\b(list|Iterable|Iterator|tuple)\[Finding", returns):
                names = {(look.__module__, look.__name__) for look in listed}
                module = f"{checks.__name__}.{file.stem}"
                assert (module, node.name) in names, f"add {module}.{node.name} to checks/registry.py"


def test_every_payment_state_is_explained() -> None:
    explained = (ROOT / "docs" / "money.md").read_text()
    for status in PaymentStatus:
        assert f"| `{status}` |" in explained, f"docs/money.md does not say what {status} means"
