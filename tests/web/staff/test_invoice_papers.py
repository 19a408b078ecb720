"""Staff see the invoice as its customer gets it, and which version of its PDF went out when."""

from datetime import date

from paymail.models import Invoice, IssuedDocument
from tests.web.conftest import Biller, biller, site

__all__ = ["biller", "site"]


def change_due(biller: Biller) -> None:
    with biller.site.app.transaction() as session:
        session.get_one(Invoice, 502).due_date = date(2026, 5, 1)


def test_staff_see_the_kept_bytes_and_looking_keeps_nothing(biller: Biller) -> None:
    token = biller.site.invoice()
    shown = biller.site.client.get("/staff/invoices/502/invoice.pdf").content
    assert biller.site.count(IssuedDocument) == 0
    assert biller.site.client.get(f"/api/public/pay/{token}/invoice.pdf").content == shown
    assert biller.site.client.get(f"/api/public/pay/{token}/invoice.pdf").content == shown
    assert biller.site.count(IssuedDocument) == 1
    assert "none; on the pay page" in biller.get("/invoices/502")


def test_the_page_says_which_version_went_out_with_which_email(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/send", sequence="1")
    biller.site.sweep()
    change_due(biller)
    biller.post("/invoices/502/send", sequence="2")
    biller.site.sweep()
    page = biller.get("/invoices/502")
    assert biller.site.count(IssuedDocument) == 2
    assert 'messages/1">invoice, sent</a>' in page
    assert 'messages/2">invoice, sent</a>' in page
