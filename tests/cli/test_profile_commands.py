"""`paymail profiles`, and `paymail import` of other systems' files."""

import json
from pathlib import Path

from paymail.wiring import App
from tests.cli.running import run
from tests.services.imports.test_own_profiles import FILE, OURS
from tests.services.imports.test_profiles import EXPORTS


def test_an_export_says_how_it_was_read_and_another_way_can_be_asked_for(commands: App) -> None:
    done = run("import", str(EXPORTS / "psa.csv"), "--dry-run")
    assert "would import 2 of 2 invoices" in done.stdout
    assert "note: read as a report of a service provider's system" in done.stderr
    assert "note: dates were read as DD/MM/YYYY" in done.stderr
    asked = run("import", str(EXPORTS / "psa.csv"), "--profile", "xero", "--dry-run", expect=1)
    assert "this is not a Xero export of sales invoices" in asked.stderr
    unknown = run("import", str(EXPORTS / "psa.csv"), "--profile", "myob", "--dry-run", expect=1)
    assert "there are: paymail, xero, quickbooks, invoice-ninja, psa" in unknown.stderr


def test_a_currency_that_the_file_does_not_name_is_given(commands: App, tmp_path: Path) -> None:
    file = tmp_path / "qbo.csv"
    text = (EXPORTS / "quickbooks.csv").read_text(encoding="utf-8")
    file.write_text(text.replace(",Currency,", ",Something,"), encoding="utf-8")
    assert "by --currency" in run("import", str(file), "--dry-run", expect=1).stderr
    assert "would import 3 of 3" in run("import", str(file), "--currency", "usd", "--dry-run").stdout
    assert (
        "'XXX' is not a supported currency" in run("import", str(file), "--currency", "XXX", expect=1).stderr
    )


def test_a_profile_is_saved_listed_shown_used_and_removed(commands: App, tmp_path: Path) -> None:
    toml, file = tmp_path / "ours.toml", tmp_path / "export.csv"
    toml.write_text(OURS, encoding="utf-8")
    file.write_text(FILE, encoding="utf-8")
    assert "saved the profile holz" in run("profiles", "save", "holz", "--from", str(toml)).stdout
    assert "our own system  (issuer any)" in run("profiles", "list").stdout
    names = [row["name"] for row in json.loads(run("profiles", "list", "--json").stdout)]
    assert names == ["paymail", "xero", "quickbooks", "invoice-ninja", "psa", "holz"]
    assert 'invoice_id = "Rechnung"' in run("profiles", "show", "holz").stdout.replace(
        '"invoice_id"', "invoice_id"
    )
    assert "InvoiceNumber".casefold() in run("profiles", "show", "xero").stdout
    done = run("import", str(file))
    assert "by the profile holz" in done.stderr
    assert "imported 2 of 2 invoices" in done.stdout
    assert "was removed" in run("profiles", "remove", "holz").stdout
    assert "no saved profile 'holz'" in run("profiles", "show", "holz", expect=1).stderr


def test_a_wrong_profile_and_a_missing_file_are_named(commands: App, tmp_path: Path) -> None:
    toml = tmp_path / "ours.toml"
    toml.write_text(OURS.replace("quantity", "pieces"), encoding="utf-8")
    assert "'pieces' is not a column" in run("profiles", "save", "holz", "--from", str(toml), expect=1).stderr
    gone = run("profiles", "save", "holz", "--from", str(tmp_path / "none.toml"), expect=1)
    assert "cannot read" in gone.stderr
