"""The invoice as a PDF behind the link: kept where that can be done, and given either way."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from paymail.cli.sample_data import load_sample
from paymail.documents import Document
from paymail.models import Channel, Invoice, IssuedDocument
from paymail.render.pdf import WeasyPdfRenderer
from paymail.services.payments import receipts
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.web.pay import documents
from tests.web.conftest import Site


def kept(site: Site) -> int:
    with site.app.reading() as session:
        return session.scalars(select(func.count(IssuedDocument.issued_id))).one()


def test_it_is_drawn_once_and_kept(site: Site) -> None:
    path = f"/api/public/pay/{site.invoice()}/invoice.pdf"
    first, second = site.client.get(path), site.client.get(path)
    assert first.content == second.content
    assert kept(site) == 1


def test_a_receipt_is_drawn_once_and_kept_and_the_staff_see_its_bytes(site: Site) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        asked = ManualPayment(1000, Channel.CASH, site.app.now().date())
        record_payment(session, invoice_id=502, asked=asked, actor="amy", now=site.app.now())
    path = f"/api/public/pay/{token}/receipt.pdf"
    first, second = site.client.get(path), site.client.get(path)
    assert first.content == second.content
    assert kept(site) == 1
    with site.app.reading() as session:
        document = receipts.document(session, payment_id=1)
        assert receipts.kept(session, payment_id=1, document=document) == first.content


def test_a_locked_database_costs_nobody_the_drawn_invoice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_given: object, **_named: object) -> None:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    monkeypatch.setattr(documents, "keep_shown", locked)
    answer = site.client.get(f"/api/public/pay/{site.invoice()}/invoice.pdf")
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF")
    assert kept(site) == 0


def test_an_import_of_502_invoices_draws_none_and_the_first_need_draws_its_own(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []

    def count(_renderer: WeasyPdfRenderer, document: Document) -> bytes:
        drawn.append(document.filename)
        return b"%PDF-"

    monkeypatch.setattr(WeasyPdfRenderer, "render", count)
    assert load_sample(site.app).created == 502
    assert (drawn, kept(site)) == ([], 0)
    with site.app.reading() as session:
        token = session.get_one(Invoice, 502).payment_token
    for _ in range(2):
        assert site.client.get(f"/api/public/pay/{token}/invoice.pdf").content == b"%PDF-"
    assert (drawn, kept(site)) == (["invoice-502.pdf"], 1)
