"""Texts that a host's export, a mail server, a customer or staff chose are only text, everywhere."""

import email
import re
from email.policy import default

import pytest
from sqlalchemy import Column, String, Table, update
from sqlalchemy.types import Enum, TypeDecorator

from paymail.models import Base
from tests.render.test_pdf import text_of
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site
from tests.web.http.hostile import Entry, entries
from tests.web.http.known import known_rows
from tests.web.test_webhook import event

pytestmark = pytest.mark.thorough

HOSTILE = (
    "<script>alert(1)</script>\"'{{7*7}}{% raw %}&\u202e%0d%0aX-Evil: 1</td><img src=x onerror=alert(1)>"
)
FOLDED = "Vacuum\r\nBcc: evil@x.example\r\n\r\n<script>alert(1)</script>"
FORMED = {
    *("currency", "locale", "timezone", "country", "subdivision", "ladder", "send_at", "quiet_from"),
    *(
        "quiet_until",
        "sender_rate",
        "number",
        "payment_token",
        "selection",
        "scopes",
        "password_hash",
        "csrf",
    ),
    *("secret_sha256", "import_digest", "digest", "key_digest", "content_digest", "scope", "stripe_account"),
    *(
        "account",
        "step",
        "tone",
        "kind",
        "status",
        "gateway_status",
        "source",
        "reply_to",
        "job",
        "destination",
    ),
    *("email", "recipient", "sender", "host_email", "intent_id", "sender_gate", "dedupe_key"),
}
"""Columns whose form paymail itself sees to, when it writes them."""
UNSEEN = {
    ("/api/v1/events/evt_1", 404),
    ("/api/v1/invoices/502/plan", 404),
    ("/api/v1/messages/1/attached.pdf", 404),
}
MARKUP = re.compile(r"<script>alert|<img src=x|onerror=alert\(1\)>|(?<![\w-])49\{% raw")


def texts(table: Table) -> list[Column[str]]:
    """Return the columns of free text."""
    return [
        column
        for column in table.columns
        if isinstance(column.type, String)
        and not isinstance(column.type, (Enum, TypeDecorator))
        and not (column.primary_key or column.unique or column.foreign_keys or column.name in FORMED)
    ]


def poison(site: Site, value: str, *names: str) -> int:
    """Put `value` into every column of free text (of tables called `names`); return how many columns."""
    count = 0
    with site.app.transaction() as session:
        for table in Base.metadata.sorted_tables:
            for column in texts(table) if not names or table.name in names else []:
                room = getattr(column.type, "length", None) or len(value)
                session.execute(update(table).values({column.name: value[:room]}))
                count += 1
    return count


def more_rows(biller: Biller) -> None:
    """Make a hold, a suppression, a bounce and an event."""
    biller.post("/invoices/503/hold", detail="asked to wait")
    biller.post("/suppressions", address="old@customer.example", why="left")
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    key = bearer(biller.site.app, "bounces")
    assert biller.site.client.post("/api/v1/bounces", content=report, headers=key).status_code == 200
    assert biller.site.webhook(event("pi_1")) == 200


def shown(biller: Biller, entry: Entry, known: dict[str, object]) -> tuple[str, str]:
    """Return the media type and the text of a GET; the headers that every page has are looked at."""
    headers = bearer(biller.site.app, "read", "write") if entry.json else {"Accept": "text/html"}
    address = entry.path.format(**known) + ("?currency=AUD" if entry.path.endswith("/bulk/new") else "")
    answer = biller.site.client.get(address, headers=headers)
    assert answer.status_code == 200 or (address, answer.status_code) in UNSEEN, (address, answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"], address
    assert "x-evil" not in answer.headers
    return answer.headers.get("content-type", ""), answer.text


@pytest.mark.parametrize("value", [HOSTILE, FOLDED])
def test_no_page_takes_a_stored_text_for_markup(biller: Biller, value: str) -> None:
    known = known_rows(biller)
    more_rows(biller)
    assert poison(biller.site, value) > 40
    pages = [entry for entry in entries(biller.site) if entry.method == "GET"]
    found = {entry.path: shown(biller, entry, known) for entry in pages}
    html = {path: text for path, (kind, text) in found.items() if kind.startswith("text/html")}
    assert len(html) > 20
    assert {path: MARKUP.findall(text) for path, text in html.items() if MARKUP.search(text)} == {}
    page = html["/staff/invoices/{invoice_id}"]
    assert "&lt;script&gt;alert(1)" in page
    assert value is FOLDED or "{{7*7}}{% raw %}" in page


@pytest.mark.parametrize("value", [HOSTILE, FOLDED])
def test_no_document_takes_a_stored_text_for_markup(biller: Biller, value: str) -> None:
    token = biller.site.invoice()
    poison(biller.site, value, "customers", "issuers", "invoice_lines")
    text = text_of(biller.site.client.get(f"/api/public/pay/{token}/invoice.pdf").content)
    assert text.count("<script>alert(1)</script>") >= 3


@pytest.mark.parametrize("value", [HOSTILE, FOLDED])
def test_no_email_takes_a_stored_text_for_markup_or_a_header(biller: Biller, value: str) -> None:
    site = biller.site
    site.invoice(name=value)
    poison(site, value, "customers", "invoice_lines", "invoices")
    biller.post("/invoices/502/send", sequence=1)
    site.sweep()
    for file in site.app.mailbox.glob("*.eml"):
        mail = email.message_from_bytes(file.read_bytes(), policy=default)
        assert not {"bcc", "x-evil"} & {name.lower() for name in mail}
        html = mail.get_body(("html",))
        assert html is not None
        assert not MARKUP.search(html.get_content())
        assert "&lt;script&gt;" in html.get_content() or value is FOLDED
    assert [message.state.value for message in biller.messages()] in (["sent"], ["failed"])
