"""A preview is what will be sent, byte for byte, and looking changes nothing."""

from datetime import datetime

import pytest
from sqlalchemy import func, select

from paymail.models import Base, MessageState
from tests.web.conftest import Desk


def queued(desk: Desk, kind: str) -> int:
    """Queue an invoice email or a reminder; return its message's number."""
    desk.site.invoice()
    if kind == "invoice":
        desk.post("/invoices/502/send", sequence=1, when="morning")
    else:
        desk.post("/invoices/502/remind", sequence=1, tone="firm")
    return desk.messages()[-1].message_id


def rows(desk: Desk) -> dict[str, int]:
    with desk.site.app.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("kind", ["invoice", "reminder"])
def test_the_preview_is_byte_identical_to_what_is_delivered_afterwards(desk: Desk, kind: str) -> None:
    number = queued(desk, kind)
    previewed = desk.site.client.get(f"/staff/messages/{number}/preview/email.eml").content
    if kind == "invoice":
        desk.go(datetime.fromisoformat("2026-03-17T22:03:00Z"))
    else:
        desk.move(minutes=3)
    desk.site.sweep()
    (file,) = desk.site.app.mailbox.glob("*.eml")
    assert file.read_bytes() == previewed
    assert desk.messages()[-1].state is MessageState.SENT
    kept = desk.site.client.get(f"/staff/messages/{number}/preview/email.eml").content
    assert kept == previewed


def test_looking_changes_nothing(desk: Desk) -> None:
    number = queued(desk, "invoice")
    before = rows(desk), [(m.state, m.fence, m.mime_sha256, m.subject) for m in desk.messages()]
    for part in ("", "/html", "/email.eml", "/attachments/0"):
        assert desk.site.client.get(f"/staff/messages/{number}/preview{part}").status_code == 200
    assert (rows(desk), [(m.state, m.fence, m.mime_sha256, m.subject) for m in desk.messages()]) == before
    assert not desk.site.app.mailbox.exists() or not list(desk.site.app.mailbox.glob("*.eml"))


def test_the_preview_shows_parts_headers_and_attachment(desk: Desk) -> None:
    number = queued(desk, "invoice")
    page = desk.get(f"/messages/{number}/preview")
    assert '<iframe class="mail" sandbox=""' in page
    for words in ("Message-ID", "invoice-502.pdf", "Wed 18 Mar 2026, 09:00 AEDT", "SHA-256"):
        assert words in page
    frame = desk.site.client.get(f"/staff/messages/{number}/preview/html")
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    pdf = desk.site.client.get(f"/staff/messages/{number}/preview/attachments/0")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    assert desk.site.client.get(f"/staff/messages/{number}/preview/attachments/1").status_code == 404


def test_what_was_never_written_has_no_preview_and_the_page_says_why(desk: Desk) -> None:
    number = queued(desk, "invoice")
    desk.post(f"/messages/{number}/cancel")
    assert "so it has no email to show" in desk.get(f"/messages/{number}/preview", 409)
    assert desk.site.client.get(f"/staff/messages/{number}/preview/email.eml").status_code == 409
    desk.get("/messages/999/preview", 404)
