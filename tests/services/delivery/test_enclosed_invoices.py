"""The receipt of the last payment brings the paid invoice along, as it is kept; other receipts do not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from email import message_from_bytes

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from paymail import db
from paymail.documents import Document, InvoiceDocument
from paymail.models import DIGESTS, Channel, InvoiceLine, InvoiceStatus, Issuer, Message
from paymail.render.letter_writer import LetterWriter
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import deliveries
from paymail.services.letters.invoice_facts import full_document
from paymail.services.letters.issued_documents import frozen, keep_shown
from paymail.services.letters.issued_versions import versions_of
from paymail.services.letters.receipt import MOST_ENCLOSED
from paymail.services.letters.unsaved import Unsaved, letter_of
from paymail.services.payments import adjustments, manual_payments
from paymail.services.payments.manual_payments import ManualPayment
from paymail.wiring import TEMPLATES
from tests.services.emailed_invoice import EmailedInvoice

Change = Callable[[Session], object]


class Pages:
    """A PDF engine that writes down what it draws."""

    def __init__(self) -> None:
        self.drawn: list[Document] = []

    def render(self, document: Document) -> bytes:
        """Draw."""
        self.drawn.append(document)
        return f"%PDF- {document.filename} {len(self.drawn)}".encode()


@pytest.fixture
def pages(emailed: EmailedInvoice) -> Pages:
    found = Pages()
    emailed.context = replace(emailed.context, writer=LetterWriter(TEMPLATES, found))
    return found


def pay(emailed: EmailedInvoice, amount: int) -> None:
    asked = ManualPayment(amount, Channel.CASH, date(2026, 3, 17))
    with emailed.context.transaction() as session:
        manual_payments.record_payment(session, invoice_id=502, asked=asked, actor="amy", now=emailed.clock)


def attached(emailed: EmailedInvoice) -> dict[str, bytes]:
    """Hand over what is due, and return what the last email had attached."""
    deliveries.sweep(emailed.context)
    last = message_from_bytes(emailed.mailer.delivered[-1].mime)
    return {
        part.get_filename() or "": part.get_payload(decode=True)  # type: ignore[misc]
        for part in last.walk()
        if part.get_filename()
    }


def text_of(emailed: EmailedInvoice) -> str:
    parts = message_from_bytes(emailed.mailer.delivered[-1].mime).walk()
    plain = next(part for part in parts if part.get_content_type() == "text/plain")
    return plain.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_the_receipt_of_all_brings_the_version_that_says_paid(emailed: EmailedInvoice, pages: Pages) -> None:
    pay(emailed, 8250)
    found = attached(emailed)
    assert list(found) == ["receipt-R-000001.pdf", "invoice-502.pdf"]
    assert "The receipt and the paid invoice are attached as PDFs." in text_of(emailed)
    paper = pages.drawn[1]
    assert isinstance(paper, InvoiceDocument)
    assert (paper.paid_on, paper.balance.minor) == (date(2026, 3, 17), 0)
    with db.reading(emailed.engine) as session:
        (version,) = versions_of(session, invoice_id=502)
    assert [message.kind for message in version.emails] == ["receipt"]
    assert version.sha256 == emailed.message().enclosed_sha256


def test_a_version_that_is_kept_is_not_drawn_again(emailed: EmailedInvoice, pages: Pages) -> None:
    pay(emailed, 8250)
    with emailed.context.transaction() as session:
        invoice = load_invoice(session, invoice_id=502)
        paper = full_document(session, invoice=invoice, public_url="https://pay.example")
        version = frozen(session, invoice=invoice, document=paper)
        assert version is not None
        keep_shown(session, version=version, pdf=b"%PDF- the page's", now=emailed.clock)
    assert attached(emailed)["invoice-502.pdf"] == b"%PDF- the page's"
    assert [document.filename for document in pages.drawn] == ["receipt-R-000001.pdf"]


def without_abn(session: Session) -> None:
    session.execute(update(Issuer).values(tax_id=""))


def with_long_lines(session: Session) -> None:
    session.execute(update(InvoiceLine).values(description="x" * MOST_ENCLOSED))


def credited(session: Session) -> None:
    load_invoice(session, invoice_id=502).amount_credited = 100


def voided(session: Session) -> None:
    # What the customer was paying when staff voided it: money may arrive for it all the same.
    load_invoice(session, invoice_id=502).status = InvoiceStatus.VOID


@pytest.mark.parametrize("change", [without_abn, with_long_lines, credited, voided])
@pytest.mark.usefixtures("pages")
def test_none_goes_along_that_must_not_be_sent_is_too_long_or_is_not_paid_in_full(
    emailed: EmailedInvoice, change: Change
) -> None:
    pay(emailed, 8250)
    emailed.change(change)
    assert list(attached(emailed)) == ["receipt-R-000001.pdf"]
    assert "The receipt is attached as a PDF." in text_of(emailed)
    assert emailed.message().enclosed_sha256 is None
    assert ("Paid in full" in text_of(emailed)) == (change in (without_abn, with_long_lines))


@pytest.mark.usefixtures("pages")
def test_the_receipt_of_a_part_brings_none(emailed: EmailedInvoice) -> None:
    pay(emailed, 8000)
    assert list(attached(emailed)) == ["receipt-R-000001.pdf"]
    emailed.change(
        lambda s: adjustments.write_off(s, invoice_id=502, reason="cents", actor="amy", now=emailed.clock)
    )
    pay(emailed, 100)
    assert list(attached(emailed)) == ["receipt-R-000002.pdf"]


def test_all_bytes_of_a_message_are_known_to_erasing() -> None:
    columns = {column.key for column in Message.__table__.columns if column.key.endswith("sha256")}
    assert {column.key for column in DIGESTS} == columns


def test_a_test_email_draws_it_anew_in_the_look_that_is_not_saved(
    emailed: EmailedInvoice, pages: Pages
) -> None:
    pay(emailed, 8250)
    attached(emailed)
    look = Unsaved({"footer": "Words of tomorrow"}, b"", "")
    with db.reading(emailed.engine) as session:
        invoice = load_invoice(session, invoice_id=502)
        shown = {
            "issuer": invoice.issuer,
            "invoice": invoice,
            "template": "receipt",
            "public_url": "https://p.example",
        }
        letter = letter_of(session, unsaved=look, now=emailed.clock, **shown)  # type: ignore[arg-type]
    assert letter.enclosed is not None
    assert (letter.enclosed.version, letter.enclosed.document.issuer.footer) == (None, "Words of tomorrow")
