"""Texts that a host's export, a mail server, Stripe, a customer or staff chose are only text, everywhere."""

import email
import re
from email.policy import default

import pytest
from httpx2 import Response
from sqlalchemy import func, select

from paymail.models import Base
from tests.render.test_pdf import text_of
from tests.structure.test_routes import password_link
from tests.web.bearer import bearer
from tests.web.conftest import BOTH, Biller
from tests.web.http.hostile import Entry, entries
from tests.web.http.known import known_rows
from tests.web.stored_texts import CHECKED, fill_empty_tables, poison, text_columns
from tests.web.test_webhook import event

pytestmark = pytest.mark.thorough

HOSTILE = (
    "<script>alert(1)</script>\"'{{7*7}}{% raw %}&\u202e%0d%0aX-Evil: 1</td><img src=x onerror=alert(1)>"
)
FOLDED = "Vacuum\r\nBcc: evil@x.example\r\n\r\n<script>alert(1)</script>"
MARKUP = re.compile(r"<script>alert|<img src=x|<q>|onerror=alert\(1\)>|(?<![\w-])49\{% raw")
ADDRESSES = ("customers.email", "issuers.email", "issuers.reply_to")


def more_rows(biller: Biller) -> str:
    """Make a hold, a suppression, a bounce, an unknown message and an event; return the event's id."""
    biller.post("/invoices/503/hold", detail="asked to wait")
    biller.post("/suppressions", address="old@customer.example", why="left")
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    key = bearer(biller.site.app, "bounces")
    assert biller.site.client.post("/api/v1/bounces", content=report, headers=key).status_code == 200
    biller.site.doubt(2)
    assert biller.site.webhook(event("pi_1")) == 200
    return str(event("pi_1")["id"])


def shown(biller: Biller, entry: Entry, known: dict[str, object], key: dict[str, str]) -> Response:
    """Return the answer to a GET; the headers that every page has are looked at."""
    headers = key if entry.json else {"Accept": "text/html"}
    address = entry.path.format(**known) + ("?currency=AUD" if entry.path.endswith("/bulk/new") else "")
    answer = biller.site.client.get(address, headers=headers)
    assert "default-src 'none'" in answer.headers["content-security-policy"], address
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not {"x-evil", "bcc"} & set(answer.headers), address
    assert not re.search(r"[<>\r\n]|alert[(]", str(dict(answer.headers))), address
    return answer


@pytest.fixture
def known(biller: Biller) -> dict[str, object]:
    """Rows in every table; what stands for each path parameter."""
    found = known_rows(biller)
    found |= {"event_id": more_rows(biller), "staff_token": password_link(biller.site)}
    with biller.site.app.transaction() as session:
        fill_empty_tables(session)
    return found


def test_a_column_is_free_text_or_it_is_said_why_not() -> None:
    everywhere = {str(column) for table in Base.metadata.sorted_tables for column in table.columns}
    names = everywhere | {name.partition(".")[2] for name in everywhere}
    assert [name for name in CHECKED if name not in names] == []
    poisoned = {str(column) for column in text_columns()}
    assert len(poisoned) > 90


@BOTH
@pytest.mark.parametrize("value", [HOSTILE, FOLDED])
def test_no_page_takes_a_stored_text_for_markup(biller: Biller, known: dict[str, object], value: str) -> None:
    key = bearer(biller.site.app, "read", "write")
    with biller.site.app.transaction() as session:
        poison(session, value)
        counts = [session.scalar(select(func.count()).select_from(t)) for t in Base.metadata.sorted_tables]
    assert all(counts)
    pages = [entry for entry in entries(biller.site) if entry.method == "GET"]
    found = {entry.path: shown(biller, entry, known, key) for entry in pages}
    assert {path: a.text for path, a in found.items() if a.status_code != 200} == {}
    html = {path: a.text for path, a in found.items() if a.headers["content-type"].startswith("text/html")}
    assert len(html) > 20
    assert {path: MARKUP.findall(text) for path, text in html.items() if MARKUP.search(text)} == {}
    assert "&lt;script&gt;alert(1)" in html["/staff/invoices/{invoice_id}"]
    assert value is FOLDED or "{{7*7}}{% raw %}" in html["/staff/invoices/{invoice_id}"]


@pytest.mark.parametrize("value", [HOSTILE, FOLDED])
def test_no_document_takes_a_stored_text_for_markup(
    biller: Biller, known: dict[str, object], value: str
) -> None:
    with biller.site.app.transaction() as session:
        poison(session, value)
    for name in ("invoice", "receipt", "receipts/1", "credit-notes/1"):
        answer = biller.site.client.get(f"/api/public/pay/{known['token']}/{name}.pdf")
        text = text_of(answer.content).replace(" ", "")
        # The issuer and the customer at least, however long lines are broken.
        assert text.count("<script>alert(1)</script>") >= 3, name
        assert answer.headers["content-disposition"].startswith("inline; filename=")


@pytest.mark.parametrize("value", [HOSTILE, FOLDED])
def test_no_email_takes_a_stored_text_for_markup_or_a_header(biller: Biller, value: str) -> None:
    site = biller.site
    site.invoice()
    with site.app.transaction() as session:
        poison(session, value, "customers", "issuers", "invoice_lines", "invoices", but=ADDRESSES)
    biller.post("/invoices/502/send", sequence=1)
    site.sweep()
    for file in site.app.mailbox.glob("*.eml"):
        mail = email.message_from_bytes(file.read_bytes(), policy=default)
        assert not {"bcc", "x-evil"} & {name.lower() for name in mail}
        html = mail.get_body(("html",))
        assert html is not None
        assert not MARKUP.search(html.get_content())
        assert "&lt;script&gt;" in html.get_content()
    assert [message.state.value for message in biller.messages()] in (["sent"], ["failed"])


def test_an_address_that_is_none_is_not_mailed(biller: Biller) -> None:
    biller.site.invoice()
    with biller.site.app.transaction() as session:
        poison(session, FOLDED, "customers")
    biller.post("/invoices/502/send", sequence=1)
    biller.site.sweep()
    assert [message.state.value for message in biller.messages()] == ["failed"]
    assert not list(biller.site.app.mailbox.glob("*.eml"))
