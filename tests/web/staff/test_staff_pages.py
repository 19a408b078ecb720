"""Staff pages: behind a login, safe against forged forms, and clear when something cannot be done."""

import pytest
from sqlalchemy import update

from paymail.models import Invoice, InvoiceStatus, Issuer, Message, MessageState, Restore, StaffSession
from tests.web.conftest import PASSWORD, STAFF, Biller, Site


def state(site: Site) -> list[MessageState]:
    with site.app.reading() as session:
        return [message.state for message in session.query(Message).order_by(Message.message_id)]


@pytest.mark.parametrize("path", ["/staff/", "/staff/invoices/502", "/staff/messages", "/staff/mailbox"])
def test_without_a_login_there_is_only_the_form(site: Site, path: str) -> None:
    site.invoice()
    answer = site.client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/login")
    site.client.cookies.set("paymail_session", "made-up", path="/staff")
    assert site.client.get(path, follow_redirects=False).status_code == 303


@pytest.mark.parametrize(("email", "password"), [(STAFF, "wrong"), ("nobody@x.example", PASSWORD), ("", "")])
def test_wrong_logins_are_refused_alike(site: Site, email: str, password: str) -> None:
    site.log_in()
    site.client.cookies.clear()
    answer = site.client.post("/staff/login", data={"email": email, "password": password})
    assert answer.status_code in (403, 422)
    assert site.client.get("/staff/", follow_redirects=False).status_code == 303


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site: Site) -> None:
    site.log_in()
    answer = site.client.post(
        "/staff/login", data={"email": STAFF.upper(), "password": PASSWORD}, follow_redirects=False
    )
    cookie = answer.headers["set-cookie"].lower()
    for part in ("httponly", "secure", "samesite=strict", "path=/staff"):
        assert part in cookie
    secret = cookie.partition("=")[2].partition(";")[0]
    with site.app.reading() as session:
        assert secret not in [row.secret_sha256.lower() for row in session.query(StaffSession)]


def test_send_queues_one_email_however_often_it_is_clicked(site: Site) -> None:
    site.invoice()
    csrf = site.log_in()
    for _ in range(3):
        answer = site.client.post("/staff/invoices/502/send", data={"csrf": csrf, "sequence": 1})
        assert answer.status_code == 200
    assert state(site) == [MessageState.SCHEDULED]
    site.client.post("/staff/invoices/502/send", data={"csrf": csrf, "sequence": 2})
    assert len(state(site)) == 2


def test_an_email_of_a_kind_that_a_newer_release_wrote_breaks_no_page(site: Site) -> None:
    site.invoice()
    csrf = site.log_in()
    site.client.post("/staff/invoices/502/send", data={"csrf": csrf, "sequence": 1})
    with site.app.transaction() as session:
        session.execute(update(Message).values(kind="statement"))
    for page in ("", "invoices/502", "messages", "messages/1", "forecast"):
        assert site.client.get(f"/staff/{page}").status_code == 200, page
    assert "statement" in site.client.get("/staff/messages").text
    site.sweep()
    assert state(site) == [MessageState.SCHEDULED]


@pytest.mark.parametrize("csrf", ["", "wrong", "é"])
def test_a_form_from_elsewhere_does_nothing(site: Site, csrf: str) -> None:
    site.invoice()
    site.log_in()
    for path in ("/staff/invoices/502/send", "/staff/messages/1/cancel", "/staff/logout"):
        assert site.client.post(path, data={"csrf": csrf, "sequence": 1}).status_code in (403, 422)
    assert state(site) == []


def test_a_void_invoice_is_not_sent_and_the_page_says_why(site: Site) -> None:
    site.invoice(status=InvoiceStatus.VOID)
    csrf = site.log_in()
    answer = site.client.post("/staff/invoices/502/send", data={"csrf": csrf, "sequence": 1})
    assert answer.status_code == 409
    assert "invoice 502 is void" in answer.text


def test_cancel_works_until_handover(site: Site) -> None:
    site.invoice()
    csrf = site.log_in()
    site.client.post("/staff/invoices/502/send", data={"csrf": csrf, "sequence": 1})
    assert site.client.post("/staff/messages/1/cancel", data={"csrf": csrf}).status_code == 200
    assert state(site) == [MessageState.CANCELLED]
    answer = site.client.post("/staff/messages/1/cancel", data={"csrf": csrf})
    assert answer.status_code == 409
    assert "can no longer be cancelled" in answer.text


def test_what_was_sent_can_be_shown_again_byte_for_byte(site: Site) -> None:
    site.invoice()
    csrf = site.log_in()
    site.client.post("/staff/invoices/502/send", data={"csrf": csrf, "sequence": 1})
    assert site.client.get("/staff/messages/1/email.eml").status_code == 409
    site.sweep()
    (file,) = site.app.mailbox.glob("*.eml")
    assert site.client.get("/staff/messages/1/email.eml").content == file.read_bytes()
    assert site.client.get("/staff/messages/1/attached.pdf").content.startswith(b"%PDF-")
    assert (
        "250" in site.client.get("/staff/messages/1").text
        or "dot" in site.client.get("/staff/messages/1").text
    )


def test_the_mailbox_shows_an_email_in_a_frame_that_can_do_nothing(site: Site) -> None:
    site.invoice(name='<script>alert("x")</script>')
    csrf = site.log_in()
    site.client.post("/staff/invoices/502/send", data={"csrf": csrf, "sequence": 1})
    site.sweep()
    (file,) = site.app.mailbox.glob("*.eml")
    page = site.client.get(f"/staff/mailbox/{file.name}")
    assert '<iframe class="mail" sandbox=""' in page.text
    frame = site.client.get(f"/staff/mailbox/{file.name}/html")
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "<script>" not in frame.text
    pdf = site.client.get(f"/staff/mailbox/{file.name}/attachments/0")
    assert (pdf.headers["content-type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")


@pytest.mark.parametrize(
    "path",
    [
        "/staff/invoices/999",
        "/staff/invoices/99999999999999999999999",
        "/staff/invoices/x",
        "/staff/messages/999",
        "/staff/mailbox/..%2Fpaymail.db",
        "/staff/mailbox/x.eml",
        "/staff/invoices?rows=0",
        "/staff/invoices?after=x",
    ],
)
def test_addresses_that_lead_nowhere_say_so(site: Site, path: str) -> None:
    site.log_in()
    assert site.client.get(path).status_code in (404, 422)


def test_find_takes_its_text_literally(site: Site) -> None:
    site.invoice(502, name="100% Cotton_Co")
    site.invoice(503, name="Other")
    site.log_in()
    assert "Other" not in site.client.get("/staff/invoices", params={"q": "100%"}).text
    assert "Cotton" in site.client.get("/staff/invoices", params={"q": "n_C"}).text
    assert "Cotton" not in site.client.get("/staff/invoices", params={"q": "n%C"}).text


def test_logging_out_ends_the_session(site: Site) -> None:
    csrf = site.log_in()
    assert site.client.post("/staff/logout", data={"csrf": csrf}).status_code == 200
    assert site.client.get("/staff/", follow_redirects=False).status_code == 303
    assert site.count(StaffSession) == 0


def test_the_staff_page_never_shows_a_pay_link(site: Site) -> None:
    token = site.invoice()
    site.log_in()
    assert token not in site.client.get("/staff/invoices/502").text + site.client.get("/staff/").text


def test_every_page_says_what_is_on_hold_after_a_restore(biller: Biller) -> None:
    assert "On hold" not in biller.get("/")
    with biller.site.app.transaction() as session:
        session.add(Restore(restored_at=biller.clock, since=biller.clock))
    for path in ("/", "/messages", "/reconciliation"):
        page = biller.get(path)
        assert "On hold after a restore from a backup: mail and payments." in page
        assert "Customers cannot pay online, and refunds wait." in page


def test_a_draft_is_issued_by_a_button_without_an_email(biller: Biller) -> None:
    biller.site.invoice(status=InvoiceStatus.DRAFT)
    assert "Issue without emailing" in biller.get("/invoices/502")
    for _double_click in range(2):
        page = biller.post("/invoices/502/issue")
    assert "Issue without emailing" not in page
    assert page.count('<span class="b">Issued</span>') == 1
    assert biller.messages() == []
    with biller.site.app.reading() as session:
        assert session.get_one(Invoice, 502).status is InvoiceStatus.SENT


def test_a_void_invoice_has_no_such_button_and_is_not_issued(biller: Biller) -> None:
    biller.site.invoice(status=InvoiceStatus.VOID)
    assert "Issue without emailing" not in biller.get("/invoices/502")
    biller.post("/invoices/502/issue", 409)


def test_the_page_says_what_cannot_be_emailed_or_paid_online_before_it_is_sent(biller: Biller) -> None:
    biller.site.invoice(currency="KWD", subtotal=31_619, tax=3_162)
    page = biller.get("/invoices/502")
    assert "cannot be paid online: card payments in KWD must be a multiple of 0.010" in page
    assert "Send invoice email" in page
    with biller.site.app.transaction() as session:
        session.get_one(Issuer, 1).tax_id = ""
    page = biller.get("/invoices/502")
    assert "Southern IT Services Pty Ltd has no valid ABN" in page
    assert "Send invoice email" not in page
    refused = biller.post("/invoices/502/send", status=409, sequence=1)
    assert "has no valid ABN" in refused
