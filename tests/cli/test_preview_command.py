"""`paymail preview` shows the very bytes that are sent, before and after."""

import functools
import stat
from pathlib import Path

import pytest

from paymail.models import Message
from paymail.services.sending.invoice_emails import send_invoice
from paymail.tasks.sweep import sweep_once
from paymail.wiring import App
from tests.cli import running

run = functools.partial(running.run, "preview")


@pytest.fixture
def queued(two_invoices: App) -> App:
    with two_invoices.transaction() as session:
        send_invoice(session, invoice_id=502, actor="test", now=two_invoices.now())
    return two_invoices


def test_an_email_is_shown_before_it_is_sent_and_its_bytes_are_those_that_are_sent(
    queued: App, tmp_path: Path
) -> None:
    shown = run("1")
    assert "as it would be sent now" in shown.stderr
    assert "Subject: Invoice #502" in shown.stdout
    assert "/pay/" in shown.stdout
    assert "application/pdf" in shown.stdout
    run("1", "--to", str(tmp_path / "before"))
    with queued.reading() as session:
        assert session.get_one(Message, 1).mime_sha256 is None
    sweep_once(queued)
    assert "as it was prepared" in run("1").stderr
    printed = run("1", "--to", str(tmp_path / "after")).stdout.split()
    written = {path.name: path.read_bytes() for path in (tmp_path / "before").iterdir()}
    assert {Path(path).name: Path(path).read_bytes() for path in printed} == written
    (pdf,) = (content for name, content in written.items() if name.endswith(".pdf"))
    assert pdf.startswith(b"%PDF-")
    assert written.keys() > {"email.eml", "email.html", "email.txt"}
    for path in (tmp_path / "after", *(tmp_path / "after").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_what_cannot_be_shown_or_written_is_said(queued: App, tmp_path: Path) -> None:
    assert "message 7 not found" in run("7", expect=1).stderr
    run("seven", expect=2)
    (tmp_path / "file").write_text("")
    for name in ("email.html", "email.txt"):
        (tmp_path / "shared").mkdir(exist_ok=True)
        (tmp_path / "shared" / name).touch(mode=0o666)
    (tmp_path / "shared" / "email.txt").unlink()
    (tmp_path / "shared" / "email.txt").symlink_to(tmp_path / "precious")
    run("1", "--to", str(tmp_path / "shared"))
    assert not (tmp_path / "precious").exists()
    assert {stat.S_IMODE(path.lstat().st_mode) for path in (tmp_path / "shared").iterdir()} == {0o600}
    assert "File exists" in run("1", "--to", str(tmp_path / "file"), expect=1).stderr
