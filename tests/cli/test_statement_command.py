"""`paymail customers statement` writes the PDF or emails it; `hold` and `release` are about all reminders."""

import functools
from datetime import timedelta
from pathlib import Path

from paymail.models import Message, MessageKind
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


def test_a_statement_is_emailed(two_invoices: App) -> None:
    assert "queued as message 1" in run("1", "--email").stdout
    with two_invoices.reading() as session:
        assert session.get_one(Message, 1).kind is MessageKind.STATEMENT
    assert "--to FILE, or --email" in run("1", expect=2).stderr


def test_reminders_of_a_customer_are_held_and_released(two_invoices: App) -> None:
    day = (two_invoices.now() + timedelta(days=3)).date().isoformat()
    customers = functools.partial(running.run, "customers")
    held = customers("hold", "1", "--reason", "Promised to pay", "--until", day)
    assert f"on hold until the end of {day}" in held.stdout
    assert "Promised to pay" in running.run("invoices", "explain", "502").stdout
    assert "is released" in customers("release", "1").stdout
    assert "was not on hold" in customers("release", "1").stdout
    assert "enter a reason" in customers("hold", "1", "--reason", " ", expect=1).stderr
