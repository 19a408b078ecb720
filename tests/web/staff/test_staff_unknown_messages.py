"""Staff settle doubts, suppressions and addresses on pages; a GET changes nothing, a forged form neither."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Customer, Invoice, Message, MessageState, Suppression
from paymail.services.core.documents import invoice_document
from paymail.services.core.invoices import load_invoice
from paymail.services.letters.kind import Source
from paymail.services.letters.notice import notice_email
from paymail.services.outbox import blobs, suppressions
from tests.web.conftest import Site


@pytest.fixture
def csrf(site: Site) -> str:
    """A login, and an email of invoice 502 in doubt."""
    site.invoice()
    token = site.log_in()
    site.client.post("/staff/invoices/502/send", data={"csrf": token, "sequence": 1})
    site.sweep()
    with site.app.transaction() as session:
        session.scalars(select(Message).where(Message.kind == "invoice")).one().state = MessageState.UNKNOWN
    return token


def state(site: Site) -> MessageState:
    with site.app.reading() as session:
        return session.scalars(select(Message.state).where(Message.kind == "invoice")).one()


def notice_locale(site: Site, session: Session, invoice: Invoice) -> str:
    message = Message(detail="An email came back")
    return notice_email(Source(session, message, invoice, "https://x.example", site.app.now())).locale


def test_the_list_of_doubts_has_three_answers(site: Site, csrf: str) -> None:
    for path in ("/staff/unknown", "/staff/messages/1"):
        text = site.client.get(path).text
        for answer in ("It arrived", "It did not arrive", "Send again"):
            assert answer in text
    assert state(site) is MessageState.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "end"),
    [("sent", MessageState.SENT), ("failed", MessageState.FAILED), ("resend", MessageState.SCHEDULED)],
)
def test_an_answer_settles_the_doubt(site: Site, csrf: str, answer: str, end: MessageState) -> None:
    form = {"csrf": csrf, "answer": answer, "why": "the log says so"}
    page = site.client.post("/staff/messages/1/resolve", data=form)
    assert page.status_code == 200
    assert state(site) is end
    assert "the log says so" in site.client.get("/staff/invoices/502").text
    again = site.client.post("/staff/messages/1/resolve", data=form)
    assert again.status_code == 409
    assert "only an unknown message" in again.text
    assert "No email is in doubt" in site.client.get("/staff/unknown").text


def test_forged_forms_do_nothing(site: Site, csrf: str) -> None:
    for path, form in (
        ("/staff/messages/1/resolve", {"answer": "sent"}),
        ("/staff/suppressions", {"address": "a@b.example"}),
        ("/staff/suppressions/lift", {"address": "a@b.example", "reason": "x"}),
        ("/staff/customers/1/email", {"address": "a@b.example"}),
        ("/staff/customers/1/locale", {"locale": "de"}),
    ):
        assert site.client.post(path, data={"csrf": "wrong", **form}).status_code == 403
    assert state(site) is MessageState.UNKNOWN
    assert site.count(Suppression) == 0


def test_an_unknown_answer_is_refused(site: Site, csrf: str) -> None:
    answer = site.client.post("/staff/messages/1/resolve", data={"csrf": csrf, "answer": "maybe"})
    assert answer.status_code == 422


def test_an_address_is_suppressed_and_let_in_again_with_a_reason(site: Site, csrf: str) -> None:
    form = {"csrf": csrf, "address": "Jo@Shop.example", "why": "asked us to stop"}
    assert "asked us to stop" in site.client.post("/staff/suppressions", data=form).text
    lift = {"csrf": csrf, "address": "jo@shop.example"}
    refused = site.client.post("/staff/suppressions/lift", data=lift)
    assert (refused.status_code, "enter a reason" in refused.text) == (422, True)
    assert (
        "they called"
        in site.client.post("/staff/suppressions/lift", data=lift | {"reason": "they called"}).text
    )
    assert site.client.post("/staff/suppressions/lift", data=lift | {"reason": "x"}).status_code == 404
    with site.app.reading() as session:
        assert suppressions.active(session, address="jo@shop.example") is None


def test_a_wrong_address_is_refused_on_the_page(site: Site, csrf: str) -> None:
    for path in ("/staff/suppressions", "/staff/customers/1/email"):
        answer = site.client.post(path, data={"csrf": csrf, "address": "<script>x"})
        assert answer.status_code == 422
        assert "is not an email address" in answer.text
        assert "<script>" not in answer.text


def test_a_customers_address_is_changed_from_the_invoice(site: Site, csrf: str) -> None:
    assert "/staff/customers/1/email" in site.client.get("/staff/invoices/502").text
    answer = site.client.post("/staff/customers/1/email", data={"csrf": csrf, "address": "new@shop.example"})
    assert "<bdi>new@shop.example</bdi>" in answer.text
    with site.app.reading() as session:
        assert session.scalars(select(Customer.email)).one() == "new@shop.example"
    assert site.client.get("/staff/customers/999").status_code == 404


def test_a_customers_language_is_changed_and_the_next_email_speaks_it(site: Site, csrf: str) -> None:
    page = site.client.post("/staff/customers/1/locale", data={"csrf": csrf, "locale": "de_AT"}).text
    assert 'value="de-AT"' in page
    refused = site.client.post("/staff/customers/1/locale", data={"csrf": csrf, "locale": "german"})
    assert (refused.status_code, "is not a locale" in refused.text) == (422, True)
    with site.app.reading() as session:
        invoice = load_invoice(session, invoice_id=502)
        assert invoice_document(invoice, "https://x.example").locale == "de-AT"
        assert notice_locale(site, session, invoice) == "en-AU"
    site.client.post("/staff/customers/1/locale", data={"csrf": csrf, "locale": ""})
    with site.app.reading() as session:
        assert invoice_document(load_invoice(session, invoice_id=502), "").locale == "en-AU"


def test_a_notice_to_staff_is_english_and_says_so_whatever_the_issuer_speaks(site: Site, csrf: str) -> None:
    with site.app.transaction() as session:
        invoice = load_invoice(session, invoice_id=502)
        invoice.issuer.locale = "ar-EG"
        assert notice_locale(site, session, invoice) == "en"


def test_erased_bytes_are_shown_as_erased(site: Site, csrf: str) -> None:
    with site.app.transaction() as session:
        message = session.scalars(select(Message).where(Message.kind == "invoice")).one()
        digests = [message.mime_sha256 or "", message.pdf_sha256 or ""]
        blobs.erase(session, digests=digests, now=site.app.now())
    page = site.client.get("/staff/messages/1").text
    assert "The email, erased on" in page
    assert "/email.eml" not in page
    assert digests[0] in page
    answer = site.client.get("/staff/messages/1/email.eml")
    assert (answer.status_code, answer.json()["code"]) == (410, "erased")
