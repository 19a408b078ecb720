"""What only the host received has no receipt behind the pay link, whatever number is asked for."""

from paymail.services.core.invoices import load_invoice
from paymail.services.payments import host_payments
from tests.web.conftest import Site


def test_a_payment_of_the_host_has_no_receipt_to_download(site: Site) -> None:
    token = site.invoice()
    with site.app.transaction() as session:
        invoice = load_invoice(session, invoice_id=502, lock=True)
        paid = host_payments.enter(
            session, invoice=invoice, known_to_host=2000, actor="test", now=site.app.now()
        )
        assert paid is not None
        number = paid.receipt_number
    answer = site.client.get(f"/api/public/pay/{token}/receipts/{number}.pdf")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_receipt")
    intent = site.customer_pays(site.start(token))
    site.client.post(f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent})
    assert site.client.get(f"/api/public/pay/{token}/receipts/{number + 1}.pdf").status_code == 200
