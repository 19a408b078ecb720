"""The money block of an invoice's page."""

from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import select

from paymail.models import Invoice, InvoiceStatus, Payment, PaymentStatus, Refund, RefundStatus, Suppression
from paymail.services.customers import addresses, erasure
from tests.web.conftest import STAFF, Biller

KEY = "0123456789abcdef"


@pytest.fixture
def owed(biller: Biller) -> Biller:
    """Invoice 502 over AUD 82.50."""
    biller.site.invoice()
    return biller


def invoice(biller: Biller, invoice_id: int = 502) -> Invoice:
    with biller.site.app.reading() as session:
        return session.get_one(Invoice, invoice_id)


def rows(biller: Biller, table: type[Any]) -> list[Any]:
    with biller.site.app.reading() as session:
        return list(session.scalars(select(table)))


def record(biller: Biller, status: int = 200, **form: object) -> str:
    page = biller.get("/invoices/502")
    given = {"amount": "82.50", "channel": "bank_transfer", "day": "2026-03-16", "reference": "INV 502"}
    given |= {"request_key": biller.hidden(page, "request_key")}
    return biller.post("/invoices/502/payments", status, **given | form)


def by_card(biller: Biller) -> int:
    """The customer pays invoice 502 at the sandbox; return the payment."""
    token = invoice(biller).payment_token or ""
    created = biller.site.start(token)
    intent = biller.site.customer_pays(created)
    answer = biller.site.client.post(
        f"/api/public/pay/{token}/confirm-payment", json={"paymentIntentId": intent}
    )
    assert answer.status_code == 200, answer.text
    return int(rows(biller, Payment)[-1].payment_id)


def refund(biller: Biller, status: int = 200, payment: int = 1, **form: object) -> str:
    given = {"amount": "82.50", "channel": "bank_transfer", "sure": "yes", "request_key": KEY}
    return biller.post(f"/invoices/502/payments/{payment}/refund", status, **given | form)


def test_the_form_of_a_payment_is_prefilled_with_what_is_owed_and_today(owed: Biller) -> None:
    page = owed.get("/invoices/502")
    assert 'name="amount" value="82.50"' in page
    assert 'name="day" value="2026-03-17"' in page
    assert "$82.50 is owed." in page


def test_a_double_click_records_one_payment_with_one_receipt(owed: Biller) -> None:
    for _ in range(2):
        page = owed.post(
            "/invoices/502/payments",
            amount=" 82.50 ",
            channel="bank_transfer",
            day="2026-03-16",
            reference="INV 502",
            request_key=KEY,
        )
    (payment,) = rows(owed, Payment)
    assert (payment.amount, payment.paid_on.isoformat(), payment.source) == (8250, "2026-03-16", "staff")
    assert [m.kind for m in owed.messages()] == ["receipt"]
    for shown in ("16 Mar", "Bank transfer", "INV 502", "staff@paymail.example", "R-000001"):
        assert shown in page
    assert invoice(owed).payment_status is PaymentStatus.PAID


def test_the_receipt_tells_the_day_and_the_way_that_staff_wrote_down(owed: Biller) -> None:
    record(owed, reference="INV 502 <x>")
    owed.site.sweep()
    preview = owed.get("/messages/1/preview")
    assert "Payment received" in preview
    assert "Bank transfer, INV 502" in preview
    assert "16 March 2026" in preview
    answer = owed.site.client.get("/staff/payments/1/receipt.pdf")
    assert (answer.headers["content-type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert "receipt-R-000001.pdf" in answer.headers["content-disposition"]
    owed.get("/payments/7/receipt.pdf", 404)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"amount": "82,50"}, "is not a valid amount in AUD: use a format such as 1250.00"),
        ({"amount": "1e3"}, "is not a valid amount"),
        ({"amount": "NaN"}, "is not a valid amount"),
        ({"amount": "82.505"}, "is not a valid amount"),
        ({"amount": "82.500000000000000000000000001"}, "is not a valid amount"),
        ({"amount": "٨٢"}, "is not a valid amount"),
        ({"amount": "<b>1</b>"}, "&#39;&lt;b&gt;1&lt;/b&gt;&#39; is not"),
        ({"amount": ""}, "is not a valid amount"),
        ({"amount": "0"}, "above zero"),
        ({"amount": "-5"}, "above zero"),
        ({"amount": "99999999999999999999999999"}, "check for a typo"),
        ({"channel": "stripe"}, "cannot be entered manually"),
        ({"channel": "barter"}, "is not a payment method"),
        ({"day": "2026-03-18"}, "between 2000-01-01 and today"),
        ({"day": "yesterday"}, "is not a date"),
        ({"reference": "r" * 141}, "longer than 140"),
    ],
)
def test_a_payment_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    owed: Biller, form: dict[str, str], reason: str
) -> None:
    page = record(owed, 422, **{"reference": "ref &amp; co"} | form)
    assert reason in page
    assert '<details class="act" open><summary>Record a payment' in page
    if "reference" not in form:
        assert 'value="ref &amp;amp; co"' in page
    assert rows(owed, Payment) == []
    assert owed.messages() == []


def test_more_than_is_owed_is_recorded_only_when_the_box_is_ticked(owed: Biller) -> None:
    page = record(owed, 409, amount="90.00")
    assert "AUD 90.00 is more than the AUD 82.50 owed" in page
    assert 'name="amount" value="90.00"' in page
    assert rows(owed, Payment) == []
    page = record(owed, amount="90.00", surplus="yes")
    assert "Overpaid" in page
    assert "$7.50" in page
    assert invoice(owed).overpaid == 750


def test_a_payment_of_a_void_invoice_is_refused(owed: Biller) -> None:
    owed.site.change(status=InvoiceStatus.VOID)
    page = owed.post("/invoices/502/payments", 409, amount="1", channel="cash", request_key=KEY)
    assert "is void" in page


@pytest.mark.parametrize(
    ("currency", "typed", "minor", "wrong"), [("JPY", "500", 500, "500.5"), ("KWD", "1.250", 1250, "1.2505")]
)
def test_amounts_have_the_currencys_decimals(
    biller: Biller, currency: str, typed: str, minor: int, wrong: str
) -> None:
    biller.site.invoice(currency=currency)
    assert f'value="{"8250" if currency == "JPY" else "8.250"}"' in biller.get("/invoices/502")
    assert "is not a valid amount in" in record(biller, 422, amount=wrong)
    record(biller, amount=typed)
    assert [payment.amount for payment in rows(biller, Payment)] == [minor]
    refund(biller, amount=typed, channel="cash")
    assert [one.amount for one in rows(biller, Refund)] == [minor]


def test_a_card_payment_is_refunded_once_by_a_double_click_and_carried_out_at_stripe(owed: Biller) -> None:
    payment = by_card(owed)
    for _ in range(2):
        page = refund(owed, payment=payment, amount="20", channel="stripe", reason="An hour less")
    assert "Requested" in page
    (asked,) = rows(owed, Refund)
    assert (asked.amount, asked.status, asked.actor) == (2000, RefundStatus.REQUESTED, STAFF)
    owed.site.sweep()
    page = owed.get("/invoices/502")
    for shown in ("CN-000001", "Succeeded", "An hour less", "$20.00", "Up to $62.50 can be refunded"):
        assert shown in page
    answer = owed.site.client.get(f"/staff/refunds/{asked.refund_id}/credit-note.pdf")
    assert answer.content[:5] == b"%PDF-"
    assert invoice(owed).payment_status is PaymentStatus.PARTIALLY_REFUNDED


def test_a_refund_of_more_than_is_left_is_refused_and_what_was_typed_stays(owed: Biller) -> None:
    record(owed)
    page = refund(owed, 422, amount="82.51", reason="too <much>", owed_again="yes")
    assert "must be above zero, up to AUD 82.50" in page
    assert 'value="82.51"' in page
    assert 'value="too &lt;much&gt;"' in page
    assert 'name="owed_again" value="yes" checked' in page
    assert '<details class="act" open><summary>Refund payment 1' in page
    assert rows(owed, Refund) == []


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"channel": "stripe"}, "was not made through Stripe"),
        ({"sure": ""}, "tick the box"),
        ({"amount": "many"}, "is not a valid amount"),
        ({"channel": ""}, "is not a payment method"),
    ],
)
def test_a_refund_of_cash_that_cannot_be_is_refused(owed: Biller, form: dict[str, str], reason: str) -> None:
    record(owed, channel="cash")
    assert reason in refund(owed, 422, **form)
    assert rows(owed, Refund) == []


def test_a_refund_in_cash_counts_at_once_and_may_leave_the_invoice_owed(owed: Biller) -> None:
    record(owed, channel="cash")
    page = refund(owed, channel="cash", owed_again="yes")
    assert "no longer valid" not in page
    assert (invoice(owed).balance, invoice(owed).amount_credited) == (8250, 0)
    (asked,) = rows(owed, Refund)
    owed.get(f"/refunds/{asked.refund_id}/credit-note.pdf", 404)


def test_a_payment_of_another_invoice_is_not_refunded_by_this_ones_page(owed: Biller) -> None:
    owed.site.invoice(503)
    record(owed)
    form = {"amount": "1", "channel": "cash", "sure": "yes", "request_key": KEY}
    owed.post("/invoices/503/payments/1/refund", 404, **form)
    owed.post("/invoices/503/payments/1/receipt", 404, sequence=1)


def test_a_receipt_is_sent_again_once_by_a_double_click(owed: Biller) -> None:
    record(owed)
    for _ in range(2):
        page = owed.post("/invoices/502/payments/1/receipt", sequence=1)
    assert [m.kind for m in owed.messages()] == ["receipt", "receipt"]
    assert "2 copies" in page
    owed.post("/invoices/502/payments/1/receipt", sequence=2)
    assert len(owed.messages()) == 3


def test_a_receipt_to_a_suppressed_address_is_refused_with_the_reason(owed: Biller) -> None:
    record(owed)
    with owed.site.app.transaction() as session:
        addresses.suppress(
            session, address="c502@customer.example", why="bounced", actor="amy", now=owed.clock
        )
    page = owed.post("/invoices/502/payments/1/receipt", 409, sequence=1)
    assert "c502@customer.example is suppressed (bounced)" in page
    assert len(rows(owed, Suppression)) == 1


def test_an_erased_customer_gets_no_receipt_and_the_references_that_name_them_go(owed: Biller) -> None:
    record(owed, reference="from The Vacuum Shop")
    owed.site.sweep()
    with owed.site.app.transaction() as session:
        erasure.erase_customer(session, customer_id=1, actor="amy", now=owed.clock)
    page = owed.post("/invoices/502/payments/1/receipt", 409, sequence=1)
    assert "no email can be sent" in page
    assert "Vacuum" not in page
    assert "Send again<" not in page


def test_a_write_off_is_done_once_by_a_double_click_and_undone(owed: Biller) -> None:
    page = owed.get("/invoices/502")
    before = owed.hidden(page, "before")
    for _ in range(2):
        page = owed.post("/invoices/502/write-off", amount="2.50", reason="bank's fee", before=before)
    assert invoice(owed).amount_written_off == 250
    assert page.count('<span class="b">Written off</span>') == 1
    assert "has changed since" in owed.post(
        "/invoices/502/write-off", 409, amount="80", reason="x", before=before
    )
    for _ in range(2):
        page = owed.post("/invoices/502/undo-write-off")
    assert invoice(owed).amount_written_off == 0
    assert page.count("Write off undone") == 1


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"amount": "82.51", "reason": "r"}, "above zero, up to AUD 82.50"),
        ({"amount": "all", "reason": "r"}, "is not a valid amount"),
        ({"amount": "82.50", "reason": " "}, "enter a reason"),
    ],
)
def test_a_write_off_that_cannot_be_is_refused(owed: Biller, form: dict[str, str], reason: str) -> None:
    page = owed.post("/invoices/502/write-off", 422, before="0", **form)
    assert reason in page
    assert f'value="{form["amount"]}"' in page


def test_an_invoice_is_voided_once_with_a_reason_and_a_tick(owed: Biller) -> None:
    assert "tick the box" in owed.post("/invoices/502/void", 422, reason="billed twice")
    assert "enter a reason" in owed.post("/invoices/502/void", 422, sure="yes")
    for _ in range(2):
        page = owed.post("/invoices/502/void", reason="billed twice", sure="yes")
    assert page.count('<span class="b">Voided</span>') == 1
    assert "<dt>Balance</dt><dd>$0.00</dd>" in page
    assert invoice(owed).status is InvoiceStatus.VOID


def test_an_invoice_with_money_is_not_voided_and_the_reason_stays(owed: Biller) -> None:
    record(owed, amount="1")
    page = owed.post("/invoices/502/void", 409, reason="billed twice", sure="yes")
    assert "a payment has been received" in page
    assert 'value="billed twice"' in page


def test_part_payments_are_allowed_from_an_amount_and_switched_off(owed: Biller) -> None:
    for _ in range(2):
        page = owed.post("/invoices/502/part-payments", parts="on", minimum="20.00")
    assert page.count("from AUD 20.00") == 1
    assert "Part payments: from $20.00" in page
    for form in ({"parts": "on", "minimum": "82.51"}, {"parts": "on"}, {"parts": "maybe"}):
        owed.post("/invoices/502/part-payments", 422, **form)
    assert invoice(owed).part_minimum == 2000
    owed.post("/invoices/502/part-payments", parts="off", minimum="20.00")
    assert invoice(owed).part_minimum is None


ACTS = {
    "payments": {"amount": "1", "channel": "cash", "request_key": KEY},
    "payments/1/refund": {"amount": "1", "channel": "cash", "sure": "yes", "request_key": KEY},
    "payments/1/receipt": {"sequence": 1},
    "write-off": {"amount": "1", "reason": "r"},
    "undo-write-off": {},
    "void": {"reason": "r", "sure": "yes"},
    "part-payments": {"parts": "on", "minimum": "1"},
}


@pytest.mark.parametrize("path", ACTS)
def test_no_form_of_another_site_moves_money(owed: Biller, path: str) -> None:
    record(owed, amount="10")
    before = len(owed.messages())
    owed.csrf = "forged"
    owed.post(f"/invoices/502/{path}", 403, **ACTS[path])
    found = invoice(owed)
    assert (found.amount_paid, found.amount_written_off, found.status) == (1000, 0, InvoiceStatus.SENT)
    assert (len(owed.messages()), rows(owed, Refund)) == (before, [])


def test_looking_at_the_page_and_its_documents_changes_nothing(owed: Biller) -> None:
    record(owed)
    refund(owed, amount="10", channel="cash")
    before = (owed.messages(), invoice(owed).updated_at)
    for path in ("/invoices/502", "/payments/1/receipt.pdf", "/refunds/1/credit-note.pdf"):
        assert owed.site.client.get(f"/staff{path}").status_code == 200
    assert [m.message_id for m in owed.messages()] == [m.message_id for m in before[0]]
    assert invoice(owed).updated_at == before[1]


def test_a_status_is_found_by_the_words_that_the_list_shows(owed: Biller) -> None:
    record(owed)
    refund(owed, amount="10", channel="cash")
    assert "Part refunded" in owed.get("/invoices?q=Partially%20refunded")
    assert "#502" in owed.get("/invoices?q=partially%20refunded")


def test_a_credit_note_is_issued_from_the_page_mailed_and_on_the_pay_page(owed: Biller) -> None:
    form = {"amount": "20.00", "reason": "A quarter of an hour <less>", "request_key": KEY}
    assert "tick the box" in owed.post("/invoices/502/credit", 422, **form)
    assert rows(owed, Refund) == []
    for _ in range(2):
        page = owed.post("/invoices/502/credit", sure="yes", **form)
    assert "on its way to the customer" in page
    assert "Credit note only" in page
    assert (invoice(owed).balance, len(rows(owed, Refund))) == (6250, 1)
    owed.site.sweep()
    (mail,) = owed.site.app.mailbox.glob("*.eml")
    parts = {part.get_content_type(): part for part in message_from_bytes(mail.read_bytes()).walk()}
    text = parts["text/plain"].get_payload(decode=True).decode()
    for shown in (
        "We have reduced invoice #502 by a credit note.",
        "CN-000001",
        "Balance Remaining: AUD $62.50",
    ):
        assert shown in text
    assert "efund" not in text
    assert "application/pdf" in parts
    pay_page = owed.site.client.get(f"/pay/{invoice(owed).payment_token}").text
    assert "Credit note CN-000001 as PDF" in pay_page
    assert "efund" not in pay_page
    assert "up to" in owed.post(
        "/invoices/502/credit", 422, **form | {"amount": "70", "request_key": KEY * 2}, sure="yes"
    )
