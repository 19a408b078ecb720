"""`paymail tick` and `paymail worker` where PDFs cannot be made."""

import subprocess
import sys
from pathlib import Path

import pytest

from paymail.models import Message, MessageState
from paymail.services.sending.invoice_emails import send_invoice
from paymail.wiring import App
from tests.conftest import ROOT, environment


@pytest.mark.parametrize("arguments", [["tick"], ["worker", "--pool", "threads"]])
def test_on_a_system_without_pango_no_email_is_taken_up(
    two_invoices: App, tmp_path: Path, arguments: list[str]
) -> None:
    with two_invoices.transaction() as session:
        send_invoice(session, invoice_id=502, actor="test", now=two_invoices.now())
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    done = subprocess.run(
        [sys.executable, "-m", "paymail", *arguments],
        env=environment(two_invoices.settings.data_dir, PYTHONPATH=f"{tmp_path}:{ROOT}"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "libpango" in done.stderr
    with two_invoices.reading() as session:
        assert session.get_one(Message, 1).state is MessageState.SCHEDULED
