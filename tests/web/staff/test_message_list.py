"""The list of emails: what its chips find, and whose clock its times are on."""

import re

from paymail.models import Bounce, Customer, Invoice, Message, MessageKind, MessageState
from paymail.services.core.issuers import create_issuer
from tests.factories import NOW
from tests.web.conftest import Biller

STANDINGS = {
    "scheduled": {"state": MessageState.SCHEDULED},
    "waiting": {"state": MessageState.SCHEDULED, "attempts": 2},
    "sending": {"state": MessageState.HANDOVER},
    "sent": {"state": MessageState.SENT},
    "delivered": {"state": MessageState.SENT},
    "in-doubt": {"state": MessageState.UNKNOWN},
    "not-sent": {"state": MessageState.SUPPRESSED},
}


def emails(biller: Biller) -> dict[str, int]:
    """Make an email of each standing; return their ids."""
    found = {}
    for number, (name, values) in enumerate(STANDINGS.items(), 600):
        biller.site.invoice(number)
        biller.post(f"/invoices/{number}/send", sequence=1)
        with biller.site.app.transaction() as session:
            message = session.query(Message).filter_by(invoice_id=number).one()
            for column, value in values.items():
                setattr(message, column, value)
            found[name] = message.message_id
            if name == "delivered":
                session.add(
                    Bounce(
                        message_id=message.message_id, kind="delivered", recipient="a@b.example",
                        status="2.0.0", detail="", digest="d" * 64, source="test", received_at=NOW,
                    )
                )  # fmt: skip
    return found


def listed(page: str) -> set[int]:
    return {int(one) for one in re.findall(r"email (\d+)</span></a>", page)}


def test_each_word_of_delivery_finds_its_emails_and_no_others(biller: Biller) -> None:
    ids = emails(biller)
    for name, one in ids.items():
        assert listed(biller.get(f"/messages?delivery={name}")) == {one}, name
    assert listed(biller.get("/messages?delivery=waiting&delivery=sending")) == {
        ids["waiting"],
        ids["sending"],
    }
    assert listed(biller.get("/messages?state=scheduled")) == {ids["scheduled"], ids["waiting"]}
    assert listed(biller.get("/messages?delivery=nonsense")) == set(ids.values())
    page = biller.get("/messages?delivery=waiting&kind=invoice")
    assert "Delivery <b>Waiting</b>" in page
    assert 'href="/staff/messages?kind=invoice" aria-label="Remove filter Delivery"' in page
    waiting = biller.get("/invoices?delivery=waiting")
    assert "1 in all" in waiting
    assert 'class="badge warn">Waiting' in waiting


def test_times_of_several_companies_name_their_zone_and_of_one_it_stands_once(biller: Biller) -> None:
    biller.site.invoice(502)
    biller.post("/invoices/502/send", sequence=1)
    page = biller.get("/messages")
    assert "Times are in Australia/Sydney." in page
    assert "today, 12:00 pm</time>" in page
    biller.site.invoice(503)
    with biller.site.app.transaction() as session:
        perth = create_issuer(
            session,
            name="Perth",
            email="p@perth.example",
            timezone="Australia/Perth",
            tax_id="51 824 753 556",
            now=NOW,
        )
        invoice = session.get_one(Invoice, 503)
        invoice.issuer_id = session.get_one(Customer, invoice.customer_id).issuer_id = perth.issuer_id
    biller.post("/invoices/503/send", sequence=1)
    page = biller.get("/messages")
    assert "today, 12:00 pm AEDT</time>" in page
    assert "today, 9:00 am AWST</time>" in page
    assert "Times are in" not in page


def test_a_statement_and_a_notice_about_the_company_are_no_emails_of_an_invoice(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/send", sequence=1)
    (first,) = biller.messages()
    kinds = {MessageKind.STATEMENT: "staff", MessageKind.NOTICE: "bank details"}
    with biller.site.app.transaction() as session:
        for kind, actor in kinds.items():
            session.add(
                Message(
                    dedupe_key=f"{kind}:1", kind=kind, invoice_id=502, actor=actor, header_id=f"<{kind}@x>",
                    recipient="a@b.example", next_at=NOW, created_at=NOW,
                )
            )  # fmt: skip
    page = biller.get("/invoices/502")
    assert f"/staff/messages/{first.message_id}" in page
    mail = page[page.index('id="emails"') : page.index('id="h-time"')]
    assert "Statement" not in mail
    assert "Notice" not in mail
    page = biller.get("/messages")
    assert "s account</span>" in page
    assert "the company" in page
