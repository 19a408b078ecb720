"""Something is wrong with this invoice: said on the page or by API, heard by staff, answered by email."""

from email import message_from_bytes
from email.policy import default

import pytest
from sqlalchemy import select

from paymail.models import Customer, Invoice, Message, Objection, PaymentStatus, ReminderHold
from paymail.services.customers import erasure
from paymail.services.links import pay_links
from paymail.services.payments import adjustments
from paymail.services.reminders import holds
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site
from tests.web.pay.test_promise_pages import said
from tests.web.pay.test_several_taxes import mixed

WRONG = {
    "reason": "price",
    "line": "2",
    "words": "2.75 hours\n<b>were agreed</b>.",
    "email": "eve@shop.example",
}


def rows(site: Site) -> list[Objection]:
    with site.app.reading() as session:
        return list(session.scalars(select(Objection).order_by(Objection.objection_id)))


def holds_of(site: Site) -> list[ReminderHold]:
    with site.app.reading() as session:
        return holds.in_force(session, invoice_ids=[502], now=site.app.now())


def mails(site: Site) -> list[str]:
    site.sweep()
    found = [message_from_bytes(file.read_bytes(), policy=default) for file in site.app.mailbox.glob("*.eml")]
    return [f"{mail['to']}\n{mail['subject']}\n{mail.get_body(('plain',)).get_content()}" for mail in found]  # type: ignore[union-attr]


def test_what_is_wrong_is_kept_holds_the_reminders_and_is_told_to_staff(site: Site) -> None:
    page = said(site, mixed(site), "wrong", **WRONG).text
    assert "Reminders stop until we have answered" in page
    assert "You told us on" in page
    assert 'action="/pay/' in page
    assert "/wrong" not in page
    assert "payment-form" in page
    (row,) = rows(site)
    assert (row.reason, row.positions, row.words) == ("price", "2", "2.75 hours\n<b>were agreed</b>.")
    assert [(hold.reason, hold.origin, hold.until) for hold in holds_of(site)] == [
        ("objected", "customer", None)
    ]
    (notice,) = mails(site)
    assert notice.startswith("Southern IT Services Pty Ltd <billing@southern-it.example>")
    assert "a price or a quantity, line 2: “2.75 hours <b>were agreed</b>.”" in notice
    assert "eve@shop.example" in notice


def test_a_double_click_is_one_and_another_one_waits_for_the_answer(site: Site) -> None:
    token = mixed(site)
    for _ in range(2):
        assert "Thank you for telling us" in said(site, token, "wrong", **WRONG).text
    page = said(site, token, "wrong", **WRONG | {"words": "And the date."}).text
    assert "we already have your message and will answer it" in page
    assert len(rows(site)) == 1
    assert site.count(Message) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"words": "x" * 1001}, "no more than 1000 characters"),
        ({"email": "nobody"}, "check the email address for the answer"),
    ],
)
def test_what_cannot_be_taken_is_explained_and_holds_nothing(
    site: Site, change: dict[str, str], words: str
) -> None:
    page = said(site, mixed(site), "wrong", **WRONG | change).text
    assert words in page
    assert '<details id="wrong" open>' in page
    assert (rows(site), holds_of(site)) == ([], [])


def test_odd_reasons_and_lines_are_no_fault_and_the_answer_goes_to_the_address_on_file(site: Site) -> None:
    token = mixed(site)
    odd = {"reason": "<x>", "line": "99", "words": "\x00a\u202e"}
    assert "Thank you for telling us" in said(site, token, "wrong", **odd).text
    (row,) = rows(site)
    assert (row.reason, row.positions, row.answer_to) == ("other", "", "c502@customer.example")


def test_of_a_paid_invoice_nothing_can_be_said(site: Site) -> None:
    token = mixed(site)
    site.change(payment_status=PaymentStatus.PROCESSING)
    assert "there is nothing to pay" in said(site, token, "wrong", **WRONG).text
    assert "Something is wrong" not in site.client.get(f"/pay/{token}").text
    assert rows(site) == []


def test_programs_say_it_too_and_an_invoice_takes_five(site: Site) -> None:
    token, key = site.invoice(), bearer(site.app, "read", "write")
    address, staff = f"/api/public/pay/{token}/objection", "/api/v1/invoices/502/objections"
    for number in range(5):
        body = {"reason": "other", "lines": [1], "words": f"No. {number}", "answer_to": ""}
        assert site.client.post(address, json=body).status_code == 200
        assert site.client.post(address, json=body | {"words": "?"}).json()["code"] == "already_objected"
        closed = site.client.post(f"{staff}/close", json={}, headers=key)
        assert (closed.status_code, closed.json()) == (200, {"message_id": None})
        with site.app.transaction() as session:
            assert holds.in_force(session, invoice_ids=[502], now=site.app.now()) == []
        site.client.app.state.rate_limits.public._tally._own.storage.reset()  # type: ignore[attr-defined]
    refused = site.client.post(address, json={"reason": "price"})
    assert (refused.status_code, refused.json()["code"]) == (409, "said_enough")
    again = site.client.post(f"{staff}/close", json={}, headers=key)
    assert (again.status_code, again.json()["code"]) == (404, "no_open_objection")
    listed = site.client.get(staff, headers=key).json()["objections"]
    assert [(one["words"], one["lines"]) for one in listed] == [(f"No. {n}", [1]) for n in range(5)]
    assert site.client.post(address, json={"reason": "odd"}).status_code == 422


def test_staff_answer_by_email_to_who_said_it_and_the_reminders_go_on(biller: Biller) -> None:
    site = biller.site
    said(site, mixed(site), "wrong", **WRONG)
    page = biller.get("/invoices/502")
    assert "2.75 hours" in page
    assert "<b>were agreed" not in page
    number = biller.hidden(page, "objection")
    for _ in range(2):  # a double click
        page = biller.post(
            "/invoices/502/objection", objection=number, answer="You are right.\n<i>Sorry.</i>"
        )
    assert "Closed" in page
    assert holds_of(site) == []
    (answer,) = [mail for mail in mails(site) if "You are right." in mail]
    to, subject, body = answer.split("\n", 2)
    assert (to, subject) == (
        "eve@shop.example",
        "Your question about invoice #502 from Southern IT Services Pty Ltd",
    )
    assert "<i>Sorry.</i>" in body
    assert "/pay/" not in answer
    with site.app.reading() as session:
        token = session.get_one(Invoice, 502).payment_token
    assert "Something is wrong with this invoice" in site.client.get(f"/pay/{token}").text


def test_closing_leaves_the_holds_of_others(biller: Biller) -> None:
    site = biller.site
    said(site, mixed(site), "wrong", **WRONG)
    biller.post("/invoices/502/hold", reason="disputed")
    number = biller.hidden(biller.get("/invoices/502"), "objection")
    biller.post("/invoices/502/release", reason="objected")
    biller.post("/invoices/502/objection", objection=number, answer="")
    assert [hold.reason for hold in holds_of(site)] == ["disputed"]
    assert rows(site)[0].closed_at is not None


def test_erasing_the_customer_erases_the_words_and_the_address(site: Site) -> None:
    token = mixed(site)
    said(site, token, "wrong", **WRONG)
    site.sweep()
    with site.app.transaction() as session:
        now = site.app.now()
        adjustments.void(session, invoice_id=502, reason="A slip", actor="amy", now=now)
        pay_links.revoke(session, invoice_id=502, actor="amy", now=now)
    site.sweep()
    with site.app.transaction() as session:
        found = session.scalars(select(Customer)).one()
        erasure.erase_customer(session, customer_id=found.customer_id, actor="amy", now=site.app.now())
    (row,) = rows(site)
    assert (row.words, row.answer_to) == ("(erased)", "")
    with site.app.reading() as session:
        assert session.get_one(Invoice, 502).verify_code is None
        details = str([message.detail for message in session.scalars(select(Message))])
    assert "agreed" not in details


def test_a_stranger_who_says_it_often_is_stopped(site: Site) -> None:
    token = site.invoice()
    statuses = [site.client.post(f"/pay/{token}/wrong", data={"email": "x"}).status_code for _ in range(11)]
    assert statuses == [200] * 10 + [429]
