"""`paymail customers statement` writes the PDF, and says what is open."""

import functools
from pathlib import Path

from paymail.wiring import App
from tests.cli import running
from tests.render.test_pdf import text_of

run = functools.partial(running.run, "customers", "statement")


def test_a_statement_is_written_to_a_file(two_invoices: App, tmp_path: Path) -> None:
    target = tmp_path / "statement.pdf"
    said = run("1", "--to", str(target), "--since", "2026-01-01").stdout
    assert "AUD" in said
    assert "Statement" in text_of(target.read_bytes())
    assert "no issued invoice in NOK" in run("1", "--to", str(target), "--currency", "nok", expect=1).stderr


def test_a_file_that_cannot_be_written_is_said(two_invoices: App, tmp_path: Path) -> None:
    assert "No such file" in run("1", "--to", str(tmp_path / "none" / "x.pdf"), expect=1).stderr
