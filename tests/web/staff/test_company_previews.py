"""Previews with unsaved settings, and a test email to oneself: nothing is kept, and no link is live."""

import io
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import func, select

from paymail.models import Base, Issuer
from paymail.ports.mail import Envelope, Handover, Outcome, Verdict
from paymail.services.letters.unsaved import NO_TOKEN, TEMPLATES
from paymail.web.staff.company_view import KINDS
from tests.web.conftest import STAFF, Biller

CUSTOMER = "c502@customer.example"


@pytest.fixture
def token(biller: Biller) -> str:
    """The pay link of a company's one owed invoice."""
    return biller.site.invoice()


def rows(biller: Biller) -> dict[str, int]:
    with biller.site.app.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def mails(biller: Biller) -> list[Path]:
    return sorted(biller.site.app.mailbox.glob("*.eml")) if biller.site.app.mailbox.exists() else []


def test_every_kind_that_customers_get_can_be_shown() -> None:
    assert set(KINDS) == {*TEMPLATES, "page", "pdf"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_preview_shows_what_is_typed_and_stores_nothing(biller: Biller, token: str, kind: str) -> None:
    before = rows(biller)
    answer = biller.answer(
        "/companies/1/preview", kind=kind, seen="{}", footer="Unsaved words of the foot", colour="#0f5c4d"
    )
    if kind == "pdf":
        assert answer.content.startswith(b"%PDF")
    else:
        # A copy for a further address and a statement say little below.
        assert kind in ("copy", "statement") or "Unsaved words of the foot" in answer.text
        assert "0f5c4d" in answer.text.lower()
    assert token not in answer.text
    assert rows(biller) == before
    with biller.site.app.reading() as session:
        assert session.get_one(Issuer, 1).footer == ""
    assert not biller.messages()
    assert not mails(biller)


def test_the_link_of_an_email_is_dead_text_and_the_page_takes_no_form(biller: Biller, token: str) -> None:
    email = biller.answer("/companies/1/preview", kind="invoice")
    assert f'/pay/{NO_TOKEN}"' not in email.text
    assert "sandbox" in email.headers["Content-Security-Policy"]
    page = biller.answer("/companies/1/preview", kind="page")
    assert token not in page.text
    assert "Invoice #502" in page.text
    policy_of_page = page.headers["Content-Security-Policy"]
    assert "form-action 'none'" in policy_of_page
    assert "script-src" not in policy_of_page
    assert "default-src 'none'" in policy_of_page


def test_an_email_can_be_shown_dark_and_as_text(biller: Biller, token: str) -> None:
    light = biller.answer("/companies/1/preview", kind="invoice").text
    assert "@media not all" in light
    dark = biller.answer("/companies/1/preview", kind="invoice", view="dark").text
    assert "@media all" in dark
    text = biller.answer("/companies/1/preview", kind="invoice", view="text").text
    assert "<pre>" in text
    assert token not in text


def test_a_reminder_is_shown_on_a_day_on_which_its_tone_is_true(biller: Biller, token: str) -> None:
    final = biller.answer("/companies/1/preview", kind="reminder_final", view="text").text
    assert "21 days" in final


def test_another_logo_is_shown_before_it_is_saved(biller: Biller, token: str) -> None:
    written = io.BytesIO()
    Image.new("RGB", (90, 30), "navy").save(written, "PNG")
    for kind in ("invoice", "page"):
        answer = biller.site.client.post(
            "/staff/companies/1/preview",
            data={"csrf": biller.csrf, "kind": kind},
            files={"logo": ("l.png", written.getvalue(), "image/png")},
        )
        assert 'src="data:image/png;base64,' in answer.text, kind


def test_what_cannot_be_saved_is_said_in_place_of_the_preview(biller: Biller, token: str) -> None:
    said = biller.post("/companies/1/preview", 422, kind="invoice", email="nobody", website="x y")
    for words in ("Emails come from", "Website"):
        assert words in said
    assert "has no invoice 999" in biller.post("/companies/1/preview", 404, kind="invoice", number="#999")
    biller.get("/companies/1/preview?kind=notice", 404)


@pytest.mark.parametrize("kind", ["invoice", "pdf", "receipt"])
def test_a_company_without_an_invoice_is_shown_a_sample(biller: Biller, kind: str) -> None:
    biller.post("/companies/new", name="New", email="a@new.example", timezone="Australia/Sydney")
    with biller.site.app.reading() as session:
        made = session.scalars(select(Issuer.issuer_id).where(Issuer.name == "New")).one()
    answer = biller.answer(f"/companies/{made}/preview", kind=kind)
    assert answer.content.startswith(b"%PDF") if kind == "pdf" else "New" in answer.text
    biller.post(f"/companies/{made}/preview", 404, kind="page")


def test_a_test_goes_to_whoever_asks_and_to_nobody_else(biller: Biller, token: str) -> None:
    before = rows(biller)
    said = biller.post("/companies/1/test", kind="invoice", footer="Unsaved foot", email="thief@evil.example")
    assert f"Sent to {STAFF}" in said
    (file,) = mails(biller)
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert str(mail["Subject"]).startswith("Test: Invoice #502")
    assert [mail["To"], mail["Cc"], mail["Bcc"]] == [STAFF, None, None]
    assert "billing@southern-it.example" in str(mail["From"])
    body = mail.get_body(("html",))
    assert body is not None
    html = body.get_content()
    assert "Unsaved foot" in html
    assert token not in html
    assert CUSTOMER not in str(mail["To"])
    assert rows(biller) == before


def test_tests_are_limited_and_kinds_that_are_no_email_are_refused(biller: Biller, token: str) -> None:
    assert "Choose an email" in biller.post("/companies/1/test", 422, kind="page")
    for _ in range(5):
        biller.post("/companies/1/test", kind="reminder_due")
    biller.post("/companies/1/test", 429, kind="reminder_due")
    assert len(mails(biller)) == 5


class Refusing:
    """A mail server that takes nothing."""

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        return Outcome(Verdict.FAILED, 550, "no such user")

    def close(self) -> None:
        """Release nothing."""


def test_what_the_mail_server_said_is_shown_when_it_takes_no_test(biller: Biller, token: str) -> None:
    object.__setattr__(biller.site.app, "mailer", Refusing())
    assert "Not sent: 550 no such user" in biller.post("/companies/1/test", kind="invoice")


@pytest.mark.parametrize("kind", ["invoice", "page"])
def test_the_legal_name_and_the_website_are_printed_with_the_tax_id(
    biller: Biller, token: str, kind: str
) -> None:
    typed = {"legal_name": "Coastline Holdings Pty Ltd", "website": "https://coastline.example"}
    for view in ("light", "text"):
        shown = biller.answer("/companies/1/preview", kind=kind, view=view, **typed).text
        assert "Coastline Holdings Pty Ltd, ABN 51 824 753 556" in shown
        assert "coastline.example" in shown
        assert "https://coastline.example" not in shown
