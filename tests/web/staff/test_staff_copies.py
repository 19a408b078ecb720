"""Staff send a copy of an invoice or a receipt to one further address from the invoice's page."""

from tests.web.conftest import Biller, biller, site

__all__ = ["biller", "site"]
PATH = "/invoices/502/copy"


def test_a_copy_of_the_invoice_goes_out_once_without_its_pay_link(biller: Biller) -> None:
    token = biller.site.invoice()
    for _ in range(2):
        assert "The copy is on its way." in biller.post(PATH, to="books@accountant.example")
    (message,) = biller.messages()
    assert (message.kind, message.recipient, message.payment_id) == ("copy", "books@accountant.example", None)
    biller.site.sweep()
    (mail,) = biller.site.app.mailbox.glob("*.eml")
    assert b"invoice-502.pdf" in mail.read_bytes()
    assert token.encode() not in mail.read_bytes().replace(b"=\r\n", b"")
    page = biller.post(PATH, to="books@accountant.example")
    assert "That address already got this copy today." in page
    assert "on its way" not in page


def test_a_copy_of_a_receipt_is_chosen_by_its_number(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/payments", amount="82.50", channel="cash", request_key="recorded")
    assert '<option value="1">receipt R-000001</option>' in biller.get("/invoices/502")
    biller.post(PATH, to="books@accountant.example", payment="1")
    assert [(message.kind, message.payment_id) for message in biller.messages()][-1] == ("copy", 1)


def test_a_refusal_says_why_and_keeps_what_was_typed(biller: Biller) -> None:
    biller.site.invoice()
    page = biller.post(PATH, 422, to="books@")
    assert 'value="books@"' in page
    for number in range(5):
        biller.post(PATH, to=f"a{number}@accountant.example")
    assert "5 copies of this invoice were sent within a day" in biller.post(PATH, 429, to="b@x.example")


def test_there_is_no_form_for_what_cannot_be_copied(biller: Biller) -> None:
    biller.site.invoice()
    assert "Send a copy to" in biller.get("/invoices/502")
    biller.post("/invoices/502/void", reason="typed twice", sure="yes")
    assert "Send a copy to" not in biller.get("/invoices/502")
