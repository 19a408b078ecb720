"""The PDF of a receipt, credit note or statement is drawn once; resends and downloads have its bytes."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, update

from paymail import db
from paymail.documents import Document
from paymail.models import Blob, Channel, Customer, IssuedDocument, Payment, Refund
from paymail.render.letter_writer import LetterWriter
from paymail.services.customers import erasure, statement_emails
from paymail.services.delivery import deliveries
from paymail.services.letters import credit_notes, statements
from paymail.services.letters.issued_versions import versions_of
from paymail.services.payments import manual_payments, receipts
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.wiring import TEMPLATES
from tests.factories import NOW
from tests.services.emailed_invoice import EmailedInvoice


class Pages:
    """A PDF engine whose every drawing is another one."""

    def __init__(self) -> None:
        self.drawn: list[str] = []

    def render(self, document: Document) -> bytes:
        """Draw."""
        self.drawn.append(document.filename)
        return f"%PDF- {document.filename} {len(self.drawn)}".encode()


@pytest.fixture
def pages(emailed: EmailedInvoice) -> Pages:
    found = Pages()
    emailed.context = replace(emailed.context, writer=LetterWriter(TEMPLATES, found))
    return found


@pytest.fixture
def receipted(emailed: EmailedInvoice, pages: Pages) -> EmailedInvoice:
    """An invoice of which a part was paid, with the receipt delivered."""
    asked = ManualPayment(1000, Channel.CASH, date(2026, 3, 17))
    emailed.change(
        lambda session: manual_payments.record_payment(
            session, invoice_id=502, asked=asked, actor="amy", now=emailed.clock
        )
    )
    deliveries.sweep(emailed.context)
    assert pages.drawn == ["receipt-R-000001.pdf"]
    return emailed


def send_receipt_again(emailed: EmailedInvoice) -> None:
    emailed.change(
        lambda session: receipts.send_again(
            session, payment_id=emailed_payment(emailed), actor="amy", now=emailed.clock
        )
    )
    deliveries.sweep(emailed.context)


def emailed_payment(emailed: EmailedInvoice) -> int:
    with db.reading(emailed.engine) as session:
        return session.scalars(select(Payment.payment_id)).one()


def kept_receipt(emailed: EmailedInvoice) -> bytes | None:
    with db.reading(emailed.engine) as session:
        payment = session.scalars(select(Payment.payment_id)).one()
        document = receipts.document(session, payment_id=payment)
        return receipts.kept(session, payment_id=payment, document=document)


def test_a_receipt_that_is_sent_or_seen_again_is_not_drawn_again(
    receipted: EmailedInvoice, pages: Pages
) -> None:
    assert kept_receipt(receipted) == b"%PDF- receipt-R-000001.pdf 1"
    send_receipt_again(receipted)
    first, second = receipted.messages("receipt")
    assert first.pdf_sha256 == second.pdf_sha256
    assert pages.drawn == ["receipt-R-000001.pdf"]


def test_a_receipt_that_shows_another_address_is_another_drawing(
    receipted: EmailedInvoice, pages: Pages
) -> None:
    receipted.change(lambda session: session.execute(update(Customer).values(address="1 High Street")))
    assert kept_receipt(receipted) is None
    send_receipt_again(receipted)
    assert len(pages.drawn) == 2


def test_of_an_erased_customer_nothing_is_kept(receipted: EmailedInvoice) -> None:
    customer = receipted.invoice().customer_id
    receipted.pay()
    deliveries.sweep(receipted.context)
    receipted.change(
        lambda session: erasure.erase_customer(session, customer_id=customer, actor="amy", now=NOW)
    )
    with db.reading(receipted.engine) as session:
        kept = select(IssuedDocument.kind, Blob.size, Blob.content).join(
            Blob, Blob.sha256 == IssuedDocument.pdf_sha256
        )
        found = session.execute(kept).all()
    assert {kind for kind, _, _ in found} == {"receipt", "invoice"}
    assert {content for _, _, content in found} == {b""}


def test_the_page_of_the_invoice_counts_no_receipt_among_its_versions(receipted: EmailedInvoice) -> None:
    with db.reading(receipted.engine) as session:
        assert session.scalars(select(IssuedDocument.kind)).all() == ["receipt"]
        assert versions_of(session, invoice_id=502) == []


def test_a_statement_of_the_same_day_has_the_bytes_of_its_email(
    emailed: EmailedInvoice, pages: Pages
) -> None:
    customer = emailed.invoice().customer_id

    def send(key: str) -> None:
        emailed.change(
            lambda session: statement_emails.send_statement(
                session, customer_id=customer, key=key, actor="amy", now=emailed.clock, currency="AUD"
            )
        )
        deliveries.sweep(emailed.context)

    send("one")
    send("two")
    assert len(pages.drawn) == 1
    with db.reading(emailed.engine) as session:
        document = statements.statement(
            session, customer_id=customer, now=emailed.clock, public_url="https://pay.example"
        )
        found = statements.kept(session, customer_id=customer, document=document)
        later = replace(document, day=date(2027, 1, 1))
        assert statements.kept(session, customer_id=customer, document=later) is None
    assert found == b"%PDF- " + document.filename.encode() + b" 1"


def test_a_credit_note_has_the_bytes_of_its_email_and_another_refund_has_none(
    receipted: EmailedInvoice, pages: Pages
) -> None:
    order = RefundOrder(500, Channel.CASH, "one hour less")
    receipted.change(
        lambda session: refund_requests.request(
            session, payment_id=emailed_payment(receipted), order=order, actor="amy", now=receipted.clock
        )
    )
    deliveries.sweep(receipted.context)
    with db.reading(receipted.engine) as session:
        refund = session.scalars(select(Refund.refund_id)).one()
        document = credit_notes.credit_note_of(session, refund_id=refund)
        found = credit_notes.kept(session, refund_id=refund, document=document)
        assert credit_notes.kept(session, refund_id=refund + 1, document=document) is None
    assert found == b"%PDF- credit-note-CN-000001.pdf 2"
