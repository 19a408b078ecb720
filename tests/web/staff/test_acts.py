"""Reminding, holding and voiding many: counted by company first, each by itself, and refusals are named."""

import re
from datetime import timedelta

import pytest

from paymail.models import HoldReason, Invoice, InvoiceStatus, MessageKind, ReminderHold
from tests.web.conftest import Biller


@pytest.fixture
def many(biller: Biller) -> Biller:
    """Four owed invoices, one of them part paid, and a paid one."""
    for number in (501, 502, 503):
        biller.site.invoice(number, due_in=-10)
    biller.site.invoice(504, paid=1000, due_in=-10)
    biller.site.invoice(505, paid=8250)
    return biller


def fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the act's form."""
    form = page.partition('<form class="card" method="post"')[2] or page.partition('<form class="note')[2]
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.partition("</form>")[0]))


def do(biller: Biller, verb: str, query: str, status: int = 200, **form: str) -> str:
    page = biller.get(f"/acts/{verb}?{query}")
    return biller.post(f"/acts/{verb}", status, **{**fields(page), **form})


def statuses(biller: Biller) -> dict[int, str]:
    with biller.site.app.reading() as session:
        return {one.invoice_id: one.status.value for one in session.query(Invoice)}


def test_nothing_is_done_before_it_is_confirmed_and_each_company_is_named(many: Biller) -> None:
    page = many.get("/acts/remind?picks=yes&payment=owed&all=yes")
    assert "Remind 4 invoices?" in page
    assert "Southern IT Services Pty Ltd" in page
    assert "$320.00" in page
    assert "4 invoices, owed" in page
    assert many.messages() == []
    assert "nothing is picked" in many.get("/acts/void?picks=yes", 422)


def test_each_is_reminded_once_however_often_it_is_pressed(many: Biller) -> None:
    page = many.get("/acts/remind?payment=owed")
    for _ in range(2):
        assert "Reminded: 4 invoices" in many.post("/acts/remind", **fields(page))
    reminders = [m.invoice_id for m in many.messages() if m.kind is MessageKind.REMINDER]
    assert reminders == [501, 502, 503, 504]


def test_a_hold_has_its_reason_and_its_end(many: Biller) -> None:
    assert "enter a reason" in do(many, "hold", "invoice=501,502", 422)
    assert "Held: 2 invoices" in do(many, "hold", "invoice=501,502", reason="Fair", until="2026-03-20")
    with many.site.app.reading() as session:
        found = session.query(ReminderHold).order_by(ReminderHold.hold_id).all()
    assert [(one.invoice_id, one.reason, one.detail) for one in found] == [
        (501, HoldReason.STAFF, "Fair"),
        (502, HoldReason.STAFF, "Fair"),
    ]
    assert {one.until.isoformat() for one in found if one.until} == {"2026-03-20T13:00:00+00:00"}
    assert "2 refused" in do(many, "hold", "invoice=501,502", reason="Late", until="2026-03-01")


def test_voiding_needs_a_tick_and_says_what_was_refused_and_why(many: Biller) -> None:
    assert "tick the box" in do(many, "void", "payment=owed", 422, reason="Twice")
    page = do(many, "void", "payment=owed", reason="Twice", sure="yes")
    assert "Voided: 3 invoices" in page
    assert "1 refused, and left as it was" in page
    assert "a payment has been received" in page
    assert statuses(many) == {501: "void", 502: "void", 503: "void", 504: "sent", 505: "sent"}


def test_others_than_were_shown_are_left_alone(many: Biller) -> None:
    page = many.get("/acts/void?payment=owed")
    many.site.invoice(506, due_in=-10)
    changed = many.post("/acts/void", 409, **fields(page), reason="Twice", sure="yes")
    assert "5 invoices match now, 4 when you looked" in changed
    assert InvoiceStatus.VOID not in statuses(many).values()


def test_a_long_list_goes_on_page_by_page(many: Biller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paymail.web.staff.acts.AT_ONCE", 3)
    page = do(many, "hold", "payment=owed", reason="Storm")
    assert "Held: 3 invoices" in page
    assert "There are more" in page
    many.clock += timedelta(minutes=1)
    assert "Held: 1 invoice" in many.post("/acts/hold", **fields(page))


@pytest.mark.parametrize(
    "wrong", [{"shown_at": ""}, {"shown_at": "2999-01-01T00:00:00+00:00"}, {"filter": "x=1"}]
)
def test_a_form_that_is_not_of_the_page_does_nothing(many: Biller, wrong: dict[str, str]) -> None:
    do(many, "remind", "payment=owed", 422, **wrong)
    assert many.messages() == []
