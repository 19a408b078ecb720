"""`paymail imports`: listed, shown, sent and taken back."""

import json
from pathlib import Path

from paymail.models import Invoice
from paymail.wiring import App
from tests.cli.running import run
from tests.services.imports.host_files import Row, rows, text_of
from tests.services.imports.import_story import made


def bring(folder: Path, name: str, *changes: Row, expect: int = 0) -> str:
    file = folder / name
    file.write_text(text_of(rows(*changes)))
    return run("import", str(file), expect=expect).stdout


def test_an_import_tells_its_number_and_is_listed_and_shown(two_invoices: App, tmp_path: Path) -> None:
    assert "this is import 1" in bring(tmp_path, "march.csv", *made(7, 8), *made(9, total="1"), expect=4)
    bring(tmp_path, "april.csv", *made(7, notes="thanks"))
    lines = run("imports", "list").stdout.splitlines()
    assert [line.split(",")[0] for line in lines] == ["import 2 from april.csv", "import 1 from march.csv"]
    assert lines[1].endswith("2 new, 0 updated, 0 unchanged, 1 refused")
    assert [
        one["import_id"] for one in json.loads(run("imports", "list", "--after", "2", "--json").stdout)
    ] == [1]
    shown = run("imports", "show", "1").stdout
    assert "since then: 0 emailed, 0 paid" in shown
    assert "refused: line 4, column total: " in shown
    assert "changed: invoice 7, notes: (none) -> thanks" in run("imports", "show", "2").stdout
    assert json.loads(run("imports", "show", "1", "--json").stdout)["created"] == 2
    assert "import 99 not found" in run("imports", "show", "99", expect=1).output


def test_a_dry_run_has_no_number(two_invoices: App, tmp_path: Path) -> None:
    file = tmp_path / "march.csv"
    file.write_text(text_of(rows(*made(7))))
    assert json.loads(run("import", str(file), "--dry-run", "--json").stdout)["import_id"] is None
    assert run("imports", "list").stdout == ""


def test_an_import_is_sent_as_a_bulk_send(two_invoices: App, tmp_path: Path) -> None:
    bring(tmp_path, "march.csv", *made(7, 8))
    assert "bulk send 1: running, 2 queued" in run("imports", "send", "1").stdout
    assert "has no unpaid invoice left to email" in run("imports", "send", "1", expect=1).output


def test_an_import_is_taken_back(two_invoices: App, tmp_path: Path) -> None:
    bring(tmp_path, "march.csv", *made(7, 8))
    assert run("imports", "take-back", "1").stdout.endswith(", taken back by cli\n")
    assert json.loads(run("imports", "take-back", "1", "--yes", "--json").stdout)["state"] == "taken_back"
    with two_invoices.reading() as session:
        assert session.get(Invoice, 7) is None
    assert "was taken back by cli" in run("imports", "send", "1", expect=1).output
