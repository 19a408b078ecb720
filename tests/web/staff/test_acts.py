"""Reminding, holding and voiding many: counted by company first, each by itself, and refusals are named."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from paymail.models import (
    HoldReason,
    Invoice,
    InvoiceStatus,
    Issuer,
    MessageKind,
    PaymentStatus,
    ReminderHold,
)
from paymail.services.reminders import holds
from tests.factories import NOW
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
    assert "Reminded: 4 invoices" in many.post("/acts/remind", **fields(page))
    again = many.post("/acts/remind", **fields(page))
    assert "Reminded: 0 invoices" in again
    assert again.count("a reminder has been asked for since you opened the page") == 4
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
    assert "other invoices match now than when you looked" in changed
    assert "Void 5 invoices?" in changed
    assert InvoiceStatus.VOID not in statuses(many).values()


def test_one_paid_and_another_new_are_not_those_that_were_shown(many: Biller) -> None:
    page = many.get("/acts/void?payment=owed")
    many.site.change(501, amount_paid=8250, payment_status=PaymentStatus.PAID)
    many.site.invoice(506, due_in=-10)
    many.post("/acts/void", 409, **fields(page), reason="Twice", sure="yes")
    assert "void" not in statuses(many).values()


def test_what_is_left_for_the_next_page_is_confirmed_too(
    many: Biller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("paymail.web.staff.acts.AT_ONCE", 1)
    page = do(many, "void", "payment=owed", reason="Twice", sure="yes")
    many.site.change(502, amount_paid=8250, payment_status=PaymentStatus.PAID)
    many.site.invoice(506, due_in=-10)
    changed = many.post("/acts/void", 409, **fields(page))
    assert "Void 3 invoices?" in changed
    many.site.change(503, status=InvoiceStatus.VOID)
    many.post("/acts/void", 409, **fields(changed), reason="Twice", sure="yes")
    assert statuses(many)[506] == "sent"


def test_a_void_says_beforehand_that_customers_are_told(many: Biller) -> None:
    assert "is told by email that it is cancelled" in many.get("/acts/void?payment=owed")


def test_an_age_means_what_it_did_when_the_page_counted(many: Biller) -> None:
    many.site.invoice(507, due_in=0)
    page = many.get("/acts/hold?overdue=any")
    many.go(many.clock + timedelta(days=1))
    late = many.post("/acts/hold", 422, **{**fields(page), "csrf": many.csrf})
    assert "enter a reason" in late
    assert "Hold the reminders of 5 invoices?" in late
    assert "Held: 5 invoices" in many.post("/acts/hold", **{**fields(late), "csrf": many.csrf}, reason="Fair")


def hold(biller: Biller, invoice_id: int, reason: HoldReason, until: datetime | None = None) -> None:
    with biller.site.app.transaction() as session:
        holds.place(
            session, invoice_id=invoice_id, reason=reason, actor="colleague", now=biller.clock, until=until
        )


def test_who_promised_objected_or_pays_already_is_not_reminded_with_others(many: Biller) -> None:
    hold(many, 501, HoldReason.PROMISED)
    hold(many, 502, HoldReason.OBJECTED)
    many.site.change(503, reminders_off=True)
    many.site.invoice(506, due_in=-10)
    many.site.change(506, payment_status=PaymentStatus.PROCESSING)
    page = many.get("/acts/remind?payment=owed")
    assert "4 of them are on hold and will not be reminded." in page
    done = many.post("/acts/remind", **fields(page))
    assert "Reminded: 1 invoice<" in done
    assert "4 refused" in done
    for reason in ("promised", "objected", "reminders are off for this invoice", "a payment is clearing"):
        assert reason in done
    assert [m.invoice_id for m in many.messages()] == [504]


def test_who_was_never_emailed_is_not_reminded_with_others(many: Biller) -> None:
    with many.site.app.transaction() as session:
        session.query(Issuer).update({"host_mails_invoices": False})
    done = do(many, "remind", "invoice=501")
    assert "on hold: not emailed yet" in done
    assert many.messages() == []


def test_a_hold_shortens_no_other_and_one_press_places_one(many: Biller) -> None:
    hold(many, 501, HoldReason.STAFF)
    hold(many, 502, HoldReason.STAFF, NOW + timedelta(hours=1))
    page = many.get("/acts/hold?invoice=501,502,503,505")
    pressed = {**fields(page), "reason": "Fair", "until": "2026-03-20"}
    done = many.post("/acts/hold", **pressed)
    assert "Held: 2 invoices" in done
    assert "colleague holds it already, for as long or longer" in done
    assert "it has no reminders to hold: the invoice is paid" in done
    assert "Held: 0 invoices" in many.post("/acts/hold", **pressed)
    with many.site.app.reading() as session:
        assert session.query(ReminderHold).count() == 4
        (kept,) = session.query(ReminderHold).filter_by(invoice_id=501)
    assert (kept.until, kept.lifted_at) == (None, None)


def test_all_of_a_list_of_picked_ones_is_these_only(many: Biller) -> None:
    form = many.get("/invoices?invoice=501,502").partition('<form class="listing')[2].partition("</form>")[0]
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    query = urlencode([*hidden, ("invoice", "501"), ("all", "yes")])
    for verb in ("remind", "hold", "void"):
        assert " 2 invoices" in many.get(f"/acts/{verb}?{query}")
    assert "Send 2 invoices?" in many.get(f"/bulk/new?{query}")
    assert len(many.get(f"/invoices.csv?{query}").splitlines()) == 3


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
