"""Home: each count is what its filter finds, each currency stands by itself, and it costs few statements."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from paymail.models import (
    Drift,
    HoldOrigin,
    HoldReason,
    Invoice,
    Issuer,
    Message,
    MessageKind,
    Objection,
    ObjectionReason,
    PaymentStatus,
    ReminderHold,
)
from paymail.services.core.issuers import create_issuer
from paymail.services.outbox import gates
from tests.factories import NOW
from tests.web.conftest import Biller

STATEMENTS = 25
"""Of a whole request for Home, whatever is there, with the session and what is on hold."""


@pytest.fixture
def trouble(biller: Biller) -> Biller:
    """One invoice of each kind of trouble, of debts of each age, in two currencies."""
    due = ((501, 10), (502, -5), (503, -40), (504, -70), (505, -100), (506, -100), (507, -100))
    for number, due_in in due:
        biller.site.invoice(number, due_in=due_in, currency="JPY" if number == 506 else "AUD")
    for number in (502, 503):
        biller.post(f"/invoices/{number}/send", sequence=1)
    biller.site.doubt(1)
    with biller.site.app.transaction() as session:
        session.query(Issuer).one().host_mails_invoices = False
        paid = session.get_one(Invoice, 507)
        paid.amount_paid, paid.payment_status = paid.total, PaymentStatus.PAID
        for number in (506, 507):
            session.add(Objection(invoice_id=number, reason=ObjectionReason.PRICE, opened_at=NOW))
        held = ((503, HoldReason.COMPLAINED, 5), (504, HoldReason.CLAIMED, 5), (505, HoldReason.PROMISED, -1))
        for number, reason, days in held:
            session.add(
                ReminderHold(
                    invoice_id=number,
                    reason=reason,
                    until=NOW + timedelta(days=days),
                    placed_at=NOW,
                    placed_by="customer",
                    origin=HoldOrigin.CUSTOMER,
                )
            )
        session.add(
            Drift(
                key="k",
                kind="amount_differs",
                account="a",
                intent_id="i",
                invoice_ref="502",
                books="b",
                stripe="s",
                found_at=NOW,
                seen_at=NOW,
            )
        )
    return biller


def other_company(biller: Biller) -> None:
    with biller.site.app.transaction() as session:
        create_issuer(session, name="Northern Lights", email="b@northern.example", now=NOW)


def needs(page: str) -> dict[str, tuple[int, str]]:
    """Return what needs a person: how many, and the address that shows them."""
    found = re.findall(
        r'<li><a href="([^"]*)"><span class="big[^"]*">(\d+)</span><span><span class="what">([^<]*)', page
    )
    return {what: (int(count), address.replace("&amp;", "&")) for address, count, what in found}


def test_what_needs_a_person_is_counted_and_led_to(trouble: Biller) -> None:
    found = needs(trouble.get("/"))
    assert {what: count for what, (count, _) in found.items()} == {
        "In doubt": 1,
        "Customer objects": 2,
        "Called spam": 1,
        "Customer says it is paid": 1,
        "Promise broken": 1,
        "Stripe and paymail differ": 1,
        "Not emailed yet": 4,
    }
    for what, (count, address) in found.items():
        page = trouble.get(address.removeprefix("/staff"))
        if "/invoices?" in address:
            assert f"All {count} that match" in page, what


def test_debt_is_shown_by_age_with_bars_and_never_across_currencies(trouble: Biller) -> None:
    page = trouble.get("/")
    assert page.count('<svg class="bar"') == 5
    assert "style=" not in page
    assert "$412.50" in page
    assert '<span class="cur">JPY</span>\u202f8,250' in page
    assert 'aria-label="20% of what is owed"' in page
    addresses = re.findall(r'<th scope="row"><a href="/staff(/invoices[^"]*)"', page)
    assert len(addresses) == 5
    for address in addresses:
        assert "All 1 that match" in trouble.get(address.replace("&amp;", "&"))


def test_what_arrived_this_month_is_told_without_what_only_the_host_told(trouble: Biller) -> None:
    paid = {"amount": "82.50", "channel": "cash", "request_key": "recorded"}
    trouble.post("/invoices/501/payments", **paid)
    page = trouble.get("/")
    assert "Received in March</span><b>$82.50</b>" in page
    assert "1 payment, before refunds" in page


def test_what_goes_out_today_and_whether_anybody_sends_it(trouble: Biller) -> None:
    page = trouble.get("/")
    assert "1 emails: <b>0 sent</b>, 1 to come" in page or "1 email: <b>0 sent</b>, 1 to come" in page
    assert "none is running: no email goes out" in page
    trouble.site.sweep()
    assert "<b>1 sent</b>, 0 to come" in trouble.get("/")


def test_a_receiver_that_refuses_us_is_named_beside_the_mail_server(biller: Biller) -> None:
    assert "Emails go into the test mailbox" in biller.get("/")
    with biller.site.app.transaction() as session:
        gates.close_for_refusal(
            session, key=gates.refused(1, "gmail.example"), reason="550", now=biller.site.app.now()
        )
    page = biller.get("/")
    assert "Emails go into the test mailbox" not in page
    assert "gmail.example: our emails are refused" in page


def test_nothing_to_do_says_so_and_one_company_can_be_looked_at(biller: Biller) -> None:
    assert "Nothing waits for you" in biller.get("/")
    biller.site.invoice()
    other_company(biller)
    assert "$82.50" in biller.choose(1)
    assert "$82.50" not in biller.choose(2)
    answer = biller.site.client.get("/staff/?find=502", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/staff/invoices?q=502")


def test_one_companys_home_counts_nothing_of_another(trouble: Biller) -> None:
    with trouble.site.app.transaction() as session:
        message = session.get_one(Message, 1)
        message.kind = MessageKind.RECEIPT
        session.query(Invoice).update({Invoice.next_reminder_at: NOW})
    other_company(trouble)
    everything, theirs, others = (trouble.choose(company) for company in ("", 1, 2))
    assert {"Other emails in doubt", "Stripe and paymail differ"} <= needs(everything).keys()
    assert "Other emails in doubt" in needs(theirs)
    assert "Stripe and paymail differ" not in needs(theirs)
    assert needs(others) == {}
    for page in (everything, theirs):
        assert "<b>0 sent</b>, 1 to come" in page
        assert "whose step may come today" in page
    assert "<b>0 sent</b>, 0 to come" in others
    assert "whose step may come today" not in others


def test_home_costs_few_statements_whatever_is_there(trouble: Biller) -> None:
    trouble.get("/keys")  # counts what stands beside the sections, for some seconds
    heard: list[str] = []
    event.listen(trouble.site.app.engine, "before_cursor_execute", lambda *given: heard.append(given[2]))
    trouble.get("/")
    assert len([one for one in heard if one.lstrip().startswith("SELECT")]) <= STATEMENTS
