"""The top of an invoice's page: one badge, five steps, what is next, and what was just done."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from paymail.models import (
    Bounce,
    Customer,
    HoldReason,
    Invoice,
    InvoiceStatus,
    Issuer,
    Message,
    MessageState,
)
from paymail.services.customers import addresses
from paymail.services.reminders import holds
from tests.web.conftest import Biller

STATEMENTS = 45
"""Of a whole request for the page of an invoice with one payment, session included."""


@pytest.fixture
def owed(biller: Biller) -> Biller:
    """Invoice 502 over AUD 82.50, of a company whose invoices paymail sends."""
    biller.site.invoice()
    with biller.site.app.transaction() as session:
        session.get_one(Issuer, 1).host_mails_invoices = False
    return biller


def steps(page: str) -> list[tuple[str, str]]:
    """Return the five steps: how each is marked, and its word."""
    track = page.partition('<ol class="track">')[2].partition("</ol>")[0]
    found = re.findall(r'<li(?: class="(\w+)")?>.*?<b>(.*?)</b>', track)
    assert len(found) == 5
    return found


def badge(page: str) -> str:
    found = re.findall(r'<h1>.*<span class="badge (\w*)">([^<]+)</span></h1>', page)
    assert len(found) == 1
    return " ".join(found[0])


def next_line(page: str) -> str:
    return page.partition('<div class="next')[2].partition("</p>")[0]


def emailed(biller: Biller, state: MessageState = MessageState.SENT) -> str:
    """Email invoice 502, let it come to `state`, and return the page."""
    biller.post("/invoices/502/send", sequence=1)
    biller.site.sweep()
    with biller.site.app.transaction() as session:
        session.scalars(select(Message)).one().state = state
    return biller.get("/invoices/502")


def returned(biller: Biller) -> str:
    """Email invoice 502, let it come back for good, and return the page."""
    emailed(biller, MessageState.BOUNCED)
    with biller.site.app.transaction() as session:
        session.add(
            Bounce(
                digest="d",
                message_id=1,
                recipient="C502@customer.example",
                kind="hard",
                status="5.1.1",
                detail="550 <no> such user",
                source="mailbox",
                received_at=biller.clock,
            )
        )
        holds.place(session, invoice_id=502, reason=HoldReason.BOUNCED, actor="mail server", now=biller.clock)
        addresses.suppress(
            session, address="c502@customer.example", why="hard", actor="mail server", now=biller.clock
        )
    return biller.get("/invoices/502")


def test_what_was_never_emailed_says_so_and_is_emailed_by_one_button(owed: Biller) -> None:
    page = owed.get("/invoices/502")
    assert badge(page) == "hollow Not emailed"
    assert [word for _, word in steps(page)] == [
        "Issued", "Not emailed", "Not delivered", "Not viewed", "Not paid",
    ]  # fmt: skip
    assert "Not emailed yet." in next_line(page)
    assert "Email it now" in page
    owed.post("/invoices/502/send", sequence=owed.hidden(page, "sequence"))
    page = owed.get("/invoices/502")
    assert "Next: the invoice email" in next_line(page)
    assert ("", "Scheduled") in steps(page)
    owed.post("/invoices/502/void", reason="twice", sure="yes")
    assert ("", "Scheduled") not in steps(owed.get("/invoices/502"))  # it waits, and ends unsent


def test_each_step_is_a_fact_of_its_own(owed: Biller) -> None:
    page = emailed(owed)
    assert badge(page) == "good Sent"
    assert steps(page)[1:3] == [("done", "Emailed"), ("", "Not confirmed")]
    with owed.site.app.transaction() as session:
        session.add(
            Bounce(digest="r", message_id=1, kind="delivered", source="mailbox", received_at=owed.clock)
        )
    assert steps(owed.get("/invoices/502"))[2] == ("done", "Delivered")
    owed.post("/invoices/502/payments", amount="20", channel="cash", request_key="0123456789")
    page = owed.get("/invoices/502")
    assert steps(page)[4] == ("part", "$20.00 paid")
    assert "$62.50 to come" in page


def test_an_overdue_invoice_says_for_how_long(owed: Biller) -> None:
    owed.site.change(due_date=owed.clock.date() - timedelta(12))
    page = owed.get("/invoices/502")
    assert steps(page)[4] == ("part", "Not paid")
    assert page.count("12 days overdue") == 2
    assert 'href="/staff/invoices?overdue=any">Overdue</a>' in page


def test_a_bounced_email_is_corrected_and_sent_again_in_one_step(owed: Biller) -> None:
    page = returned(owed)
    assert badge(page) == "bad Bounced"
    assert steps(page)[1:3] == [("done", "Emailed"), ("bad", "Bounced")]
    assert "No such mailbox: C502@customer.example" in page
    assert '/staff/invoices/502#next">Correct the address' in owed.get("/invoices?delivery=bounced")
    assert 'id="next"' in page
    assert "550 &lt;no&gt; such user" in page
    form = {name: owed.hidden(page, name) for name in ("sequence", "was")}
    form["address"] = "new@customer.example"
    assert "goes there now" in owed.post("/invoices/502/correct-address", **form)
    page = owed.post("/invoices/502/correct-address", **form)  # a double click
    assert "No further email was queued" in page
    assert [m.recipient for m in owed.messages()] == ["c502@customer.example", "new@customer.example"]
    assert "The address is corrected" in page
    assert page.count('<span class="b">Customer address changed</span>') == 1
    with owed.site.app.reading() as session:
        assert holds.in_force(session, invoice_ids=[502], now=owed.clock) == []


@pytest.mark.parametrize(
    ("address", "status", "reason"),
    [
        ("other@customer.example", 409, "is on the block list"),
        ("C502@customer.example", 422, "is the address that does not work"),
        ("no address", 422, "is not an email address"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_and_kept(
    owed: Biller, address: str, status: int, reason: str
) -> None:
    page = returned(owed)
    with owed.site.app.transaction() as session:
        addresses.suppress(session, address="other@customer.example", actor="staff", now=owed.clock)
    form = {"was": owed.hidden(page, "was"), "address": address}
    page = owed.post("/invoices/502/correct-address", status, sequence=2, **form)
    assert reason in page
    assert f'name="address" value="{address}"' in page
    assert len(owed.messages()) == 1


def test_a_page_of_before_does_not_undo_what_somebody_else_has_corrected(owed: Biller) -> None:
    was = owed.hidden(returned(owed), "was")
    owed.post("/invoices/502/correct-address", sequence=2, was=was, address="right@customer.example")
    page = owed.post(
        "/invoices/502/correct-address", 409, sequence=2, was=was, address="wrong@customer.example"
    )
    assert "somebody has changed the address to right@customer.example" in page
    with owed.site.app.reading() as session:
        assert session.scalars(select(Customer.email)).one() == "right@customer.example"


def test_a_bounced_address_that_is_not_the_customers_own_leads_to_the_customer(owed: Biller) -> None:
    returned(owed)
    with owed.site.app.transaction() as session:
        session.scalars(select(Bounce)).one().recipient = "else@customer.example"
    page = owed.get("/invoices/502")
    assert "Correct and send again" not in page
    assert "Open the customer" in page


def test_a_doubt_is_settled_on_the_invoice_and_leads_back_to_it(owed: Biller) -> None:
    page = emailed(owed, MessageState.UNKNOWN)
    assert badge(page) == "bad In doubt"
    page = owed.post("/messages/1/resolve", answer="sent", back="invoice")
    assert 'id="flash"' in page
    assert badge(page) == "good Sent"
    owed.post("/messages/1/resolve", 422, answer="sent", back="https://evil.example")


def test_a_blocked_or_failed_email_says_what_to_do(owed: Biller) -> None:
    page = emailed(owed, MessageState.FAILED)
    assert "The email could not be sent." in next_line(page)
    assert "Send it again" in page
    with owed.site.app.transaction() as session:
        session.scalars(select(Message)).one().state = MessageState.SUPPRESSED
        addresses.suppress(session, address="c502@customer.example", actor="amy", now=owed.clock)
    page = owed.get("/invoices/502")
    assert "is on the block list." in next_line(page)
    assert 'href="/staff/suppressions"' in page


def test_a_draft_is_issued_and_emailed_by_one_button(owed: Biller) -> None:
    owed.site.change(status=InvoiceStatus.DRAFT)
    page = owed.get("/invoices/502")
    assert badge(page) == "hollow Draft"
    assert steps(page)[0] == ("", "Not issued")
    assert "Issue and email" in page
    owed.post("/invoices/502/send", sequence=1)
    with owed.site.app.reading() as session:
        assert session.get_one(Invoice, 502).status is InvoiceStatus.SENT


def test_an_act_is_answered_by_a_sentence_from_a_fixed_list(owed: Biller) -> None:
    answer = owed.site.client.post(
        "/staff/invoices/502/hold", data={"csrf": owed.csrf, "reason": "staff"}, follow_redirects=False
    )
    assert answer.headers["location"] == "/staff/invoices/502?did=hold&of=1#flash"
    assert 'role="status" id="flash" tabindex="-1"' in owed.get("/invoices/502?did=hold")
    for unknown in ("<b>x</b>", "nonsense", ""):
        assert 'id="flash"' not in owed.get(f"/invoices/502?did={unknown}")


def test_the_panel_says_what_the_customer_owes_in_all(owed: Biller) -> None:
    owed.site.invoice(503)
    with owed.site.app.transaction() as session:
        first, second = session.scalars(select(Customer).order_by(Customer.customer_id))
        session.get_one(Invoice, 503).customer_id = first.customer_id
        second.name = "Nobody"
    page = owed.get("/invoices/502")
    assert "2 open invoices" in page
    assert "$165.00" in page


def test_the_page_costs_the_same_statements_however_much_has_happened(owed: Biller) -> None:
    heard: list[str] = []
    event.listen(owed.site.app.engine, "before_cursor_execute", lambda *given: heard.append(given[2]))

    def count() -> int:
        heard.clear()
        owed.get("/invoices/502")
        return len([one for one in heard if one.lstrip().startswith("SELECT")])

    owed.post("/invoices/502/send", sequence=1)
    owed.site.sweep()
    owed.post("/invoices/502/payments", amount="1", channel="cash", request_key="0123456789")
    few = count()
    for sequence in range(2, 8):
        owed.post("/invoices/502/send", sequence=sequence)
        owed.post("/invoices/502/link", do="regenerate", was="")
    assert count() == few <= STATEMENTS
