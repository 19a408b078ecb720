"""GST without a valid ABN is not sent: refused where it is asked for, held where it is queued, never lost."""

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from paymail import db
from paymail.models import Invoice, InvoiceStatus, Issuer, Message, MessageKind, MessageState, Payment
from paymail.services.core.documents import invoice_document
from paymail.services.core.invoices import load_invoice
from paymail.services.core.tax_invoices import NoValidAbn
from paymail.services.delivery import deliveries
from paymail.services.issuers.issuer_settings import set_up_issuer
from paymail.services.plans import agreement
from paymail.services.plans.instalments import Part
from paymail.services.reminders.by_hand import remind_by_hand
from paymail.services.reminders.preferences import BadPreference
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from paymail.services.sending.copies import send_copy
from tests.services.emailed_invoice import EmailedInvoice


def set_issuer(emailed: EmailedInvoice, **values: str) -> None:
    with db.transaction(emailed.engine) as session:
        for name, value in values.items():
            setattr(session.get_one(Issuer, 1), name, value)


def invoice_email(emailed: EmailedInvoice) -> Message:
    with db.reading(emailed.engine) as session:
        return session.scalars(select(Message).where(Message.kind == MessageKind.INVOICE)).one()


def told(emailed: EmailedInvoice) -> list[str]:
    with db.reading(emailed.engine) as session:
        return list(session.scalars(select(Message.detail).where(Message.kind == MessageKind.NOTICE)))


@pytest.mark.parametrize("tax_id", ["", "51 824 753 557", "ABN", "9429000000000"])
def test_it_is_refused_with_where_to_mend_it_and_a_draft_stays_one(
    emailed: EmailedInvoice, tax_id: str
) -> None:
    set_issuer(emailed, tax_id=tax_id)
    emailed.set(status=InvoiceStatus.DRAFT)
    with pytest.raises(NoValidAbn, match="paymail issuers set 1 tax_id="):
        emailed.send_one(502)
    with db.reading(emailed.engine) as session:
        assert session.get_one(Invoice, 502).status is InvoiceStatus.DRAFT
    emailed.set(status=InvoiceStatus.SENT)
    with db.transaction(emailed.engine) as session, pytest.raises(NoValidAbn, match="some of the invoices"):
        bulk.start(session, selection=Selection(), actor="t", now=emailed.clock)


@pytest.mark.parametrize(
    "issuer",
    [
        {"tax_id": "ABN 51824753556"},
        {"tax_id": "", "country": "NZ"},
        {"tax_id": "", "country": "SG"},
        {"tax_id": "", "tax_name": "VAT"},
    ],
)
def test_only_australian_gst_needs_an_abn(emailed: EmailedInvoice, issuer: dict[str, str]) -> None:
    set_issuer(emailed, **issuer)
    assert emailed.send_one(502)


def test_without_tax_nobody_needs_an_abn(emailed: EmailedInvoice) -> None:
    set_issuer(emailed, tax_id="")
    emailed.set(tax_amount=0, total=7500)
    assert emailed.send_one(502)


def test_what_is_queued_waits_until_there_is_one_and_staff_are_told_once_a_day(
    emailed: EmailedInvoice,
) -> None:
    emailed.send_one(502)
    set_issuer(emailed, tax_id="")
    for _ in range(3):
        deliveries.sweep(emailed.context)
        emailed.clock += timedelta(hours=1)
    held = invoice_email(emailed)
    assert held.state is MessageState.SCHEDULED
    assert "no valid ABN" in held.reason
    (notice,) = told(emailed)
    assert notice.startswith("Invoices with GST are not sent")
    set_issuer(emailed, tax_id="51 824 753 556")
    deliveries.sweep(emailed.context)
    assert invoice_email(emailed).state is MessageState.SENT


@pytest.mark.parametrize("kind", ["copy", "plan", "reminder"])
def test_every_email_that_carries_the_invoice_waits_for_one(emailed: EmailedInvoice, kind: str) -> None:
    emailed.send_one(502)
    deliveries.sweep(emailed.context)
    with emailed.context.transaction() as session:
        match kind:
            case "copy":
                send_copy(session, invoice_id=502, to="a@b.example", actor="amy", now=emailed.clock)
            case "plan":
                parts = (Part(date(2026, 4, 1), 4125), Part(date(2026, 5, 1), 4125))
                agreement.agree(session, invoice_id=502, parts=parts, actor="amy", now=emailed.clock)
            case "reminder":
                remind_by_hand(session, invoice_id=502, actor="amy", now=emailed.clock)
    set_issuer(emailed, tax_id="")
    deliveries.sweep(emailed.context)
    (held,) = emailed.messages(kind)
    assert (held.state, "no valid ABN" in held.reason) == (MessageState.SCHEDULED, True)
    assert len(told(emailed)) == 1


def test_no_copy_of_the_invoice_is_taken_on_but_one_of_a_receipt_is(emailed: EmailedInvoice) -> None:
    emailed.pay()
    set_issuer(emailed, tax_id="")
    ask = partial(send_copy, invoice_id=502, to="a@b.example", actor="amy", now=emailed.clock)
    with emailed.context.transaction() as session:
        payment_id = session.scalars(select(Payment.payment_id)).one()
        assert ask(session, payment_id=payment_id).created
        with pytest.raises(NoValidAbn):
            ask(session)
    deliveries.sweep(emailed.context)
    assert emailed.messages("copy")[0].state is MessageState.SENT


def test_what_was_paid_meanwhile_does_not_wait_for_one(emailed: EmailedInvoice) -> None:
    emailed.send_one(502)
    set_issuer(emailed, tax_id="")
    emailed.set(amount_paid=8250)
    deliveries.sweep(emailed.context)
    assert invoice_email(emailed).state is MessageState.SUPPRESSED


@pytest.mark.parametrize(
    ("issuer", "invoice", "may"),
    [
        ({}, {}, True),
        ({"tax_id": "51 824 753 557"}, {}, False),
        ({"tax_id": "", "tax_name": "Tax"}, {}, False),
        ({"tax_id": "", "country": "NZ"}, {}, True),
        ({}, {"status": InvoiceStatus.VOID}, False),
        ({}, {"currency": "EUR"}, False),
        ({}, {"currency": "EUR", "tax_aud": 1250}, True),
        ({"tax_name": "VAT"}, {"currency": "EUR"}, True),
    ],
)
def test_only_with_an_abn_its_gst_in_dollars_and_not_when_void_it_is_called_a_tax_invoice(
    emailed: EmailedInvoice, issuer: dict[str, str], invoice: dict[str, object], may: bool
) -> None:
    set_issuer(emailed, **issuer)
    emailed.set(**invoice)
    with db.reading(emailed.engine) as session:
        assert invoice_document(load_invoice(session, invoice_id=502), "").tax_invoice is may


def test_an_abn_with_a_slip_of_the_fingers_is_refused_when_it_is_set(emailed: EmailedInvoice) -> None:
    with db.transaction(emailed.engine) as session:
        issuer = session.get_one(Issuer, 1)
        with pytest.raises(BadPreference, match="not a valid ABN"):
            set_up_issuer(
                session, issuer=issuer, changes={"tax_id": "51 824 753 557"}, actor="t", now=emailed.clock
            )
        wanted = {"tax_id": "123-456-789", "country": "NZ"}
        set_up_issuer(session, issuer=issuer, changes=wanted, actor="t", now=emailed.clock)
