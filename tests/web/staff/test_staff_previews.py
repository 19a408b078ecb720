"""A preview is what will be sent, byte for byte, and looking changes nothing."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from paymail.models import Base, MessageState
from tests.web.conftest import Biller


def queued(biller: Biller, kind: str) -> int:
    """Queue an invoice email or a reminder; return its message's number."""
    biller.site.invoice()
    if kind == "invoice":
        biller.post("/invoices/502/send", sequence=1, when="morning")
    else:
        biller.post("/invoices/502/remind", sequence=1)
    return biller.messages()[-1].message_id


def rows(biller: Biller) -> dict[str, int]:
    with biller.site.app.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("kind", ["invoice", "reminder"])
def test_the_preview_is_byte_identical_to_what_is_delivered_afterwards(biller: Biller, kind: str) -> None:
    number = queued(biller, kind)
    previewed = biller.site.client.get(f"/staff/messages/{number}/preview/email.eml").content
    if kind == "invoice":
        biller.go(datetime.fromisoformat("2026-03-17T22:03:00Z"))
    else:
        biller.move(minutes=3)
    biller.site.sweep()
    (file,) = biller.site.app.mailbox.glob("*.eml")
    assert file.read_bytes() == previewed
    assert biller.messages()[-1].state is MessageState.SENT
    kept = biller.site.client.get(f"/staff/messages/{number}/preview/email.eml").content
    assert kept == previewed


def test_looking_changes_nothing(biller: Biller) -> None:
    number = queued(biller, "invoice")
    before = rows(biller), [(m.state, m.fence, m.mime_sha256, m.subject) for m in biller.messages()]
    for part in ("", "/html", "/email.eml", "/attachments/0"):
        assert biller.site.client.get(f"/staff/messages/{number}/preview{part}").status_code == 200
    assert (rows(biller), [(m.state, m.fence, m.mime_sha256, m.subject) for m in biller.messages()]) == before
    assert not biller.site.app.mailbox.exists() or not list(biller.site.app.mailbox.glob("*.eml"))


def test_the_preview_shows_parts_headers_and_attachment(biller: Biller) -> None:
    number = queued(biller, "invoice")
    page = biller.get(f"/messages/{number}/preview")
    assert '<iframe class="mail" sandbox=""' in page
    for words in ("Message-ID", "invoice-502.pdf", "Wed 18 Mar 2026, 09:00 AEDT", "SHA-256"):
        assert words in page
    frame = biller.site.client.get(f"/staff/messages/{number}/preview/html")
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    pdf = biller.site.client.get(f"/staff/messages/{number}/preview/attachments/0")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert biller.site.client.get(f"/staff/messages/{number}/preview/attachments/1").status_code == 404


def test_what_was_never_written_has_no_preview_and_the_page_says_why(biller: Biller) -> None:
    number = queued(biller, "invoice")
    biller.post(f"/messages/{number}/cancel")
    assert "so it has no email to show" in biller.get(f"/messages/{number}/preview", 409)
    assert biller.site.client.get(f"/staff/messages/{number}/preview/email.eml").status_code == 409
    biller.get("/messages/999/preview", 404)
