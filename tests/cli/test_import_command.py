"""`paymail import` on the embedded database, beside others who write."""

import json
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from paymail.models import Invoice, Issuer
from paymail.wiring import App
from tests.cli.running import run
from tests.conftest import SAMPLE
from tests.services.imports.host_files import rows, text_of


def count(app: App) -> int:
    with app.reading() as session:
        return session.scalar(select(func.count()).select_from(Invoice)) or 0


def test_a_dry_run_says_what_would_be_imported_and_writes_nothing(commands: App) -> None:
    assert "would import 502 of 502 invoices" in run("import", str(SAMPLE), "--dry-run").stdout
    assert count(commands) == 0


@pytest.mark.parametrize(
    "evil", ["\x1b]0;evil\x07\x1b[2J", "=cmd|' /C calc'!A0\r\nline 1: fine", "\u202e\x9b31m"]
)
def test_what_a_file_says_or_is_called_commands_no_terminal(commands: App, tmp_path: Path, evil: str) -> None:
    head, first = SAMPLE.read_text().splitlines()[:2]
    cells = first.split(",")
    for at in range(len(cells)):
        file = tmp_path / f"{at}.csv"
        file.write_text(f"{head}\n{','.join([*cells[:at], quoted(evil), *cells[at + 1 :]])}\n", newline="")
        is_plain(run("import", str(file), expect=4).stderr)
    file.write_text(f"{head},{quoted(evil)}\n", newline="")
    is_plain(run("import", str(file)).stderr)
    is_plain(run("import", str(tmp_path / evil.replace("/", "")), expect=2).stderr)
    is_plain(run("bounces", "read", str(tmp_path / evil.replace("/", "")), expect=1).stderr)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def is_plain(said: str) -> None:
    assert said
    assert all(c.isprintable() or c == "\n" for c in said), ascii(said)
    assert all(line.startswith(("line ", "note: ", "paymail: ")) for line in said.splitlines()), ascii(said)


def test_a_dry_run_neither_waits_for_a_writer_nor_makes_the_sample_issuer(commands: App) -> None:
    with commands.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = version_num"))
        assert "would import 502 of 502 invoices" in run("import", str(SAMPLE), "--dry-run").stdout
    with commands.reading() as session:
        assert session.scalar(select(func.count()).select_from(Issuer)) == 0


def test_it_says_what_was_taken_over_and_what_was_kept(commands: App, tmp_path: Path) -> None:
    file = tmp_path / "host.csv"
    file.write_text(text_of(rows({}, {"invoice_id": "INV-8"})))
    run("import", str(file))
    with commands.transaction() as session:
        customer_id = session.scalars(select(Invoice.customer_id)).first()
        assert customer_id is not None
    run("customers", "set-email", str(customer_id), "new@acme.example")
    file.write_text(text_of(rows({"due_date": "2026-04-01"}, {"invoice_id": "INV-8"})))
    done = run("import", str(file))
    assert "line 2: invoice 7 updated: due_date\n" in done.stdout
    assert "imported 0 of 2 invoices (2 rows): 1 updated, 1 unchanged, 0 skipped" in done.stdout
    assert "kept yours: 'Acme' is mailed at 'new@acme.example', not 'a@acme.example'" in done.stderr
    assert "8  " in run("invoices", "list").stdout
    assert "(number INV-8)" in run("invoices", "list").stdout


def test_programs_are_told_what_became_of_each_invoice(commands: App, tmp_path: Path) -> None:
    file = tmp_path / "host.csv"
    file.write_text(text_of(rows({})))
    run("import", str(file))
    changed = rows({"notes": "Thanks"}, {"invoice_id": "8"}, {"invoice_id": "9", "total": "1.00"})
    file.write_text(text_of(changed))
    told = json.loads(run("import", str(file), "--json", expect=4).stdout)
    assert [(one["number"], one["what"], one["fields"]) for one in told["results"]] == [
        ("7", "updated", ["notes"]),
        ("8", "created", []),
        ("9", "refused", []),
    ]
