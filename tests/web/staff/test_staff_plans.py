"""The section of the payment plan on an invoice's page."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from paymail.models import Instalment, InvoiceStatus, PaymentPlan, TimelineEvent
from tests.web.conftest import STAFF, Biller

GIVEN = "2026-04-01 50.00\n2026-05-01 32.50"
EQUAL = {"way": "equal", "count": "3", "cadence": "monthly", "first": "2026-04-01"}
DEPOSIT = {"way": "deposit", "deposit": "20.00", "deposit_due": "2026-03-17", "rest_due": "2026-05-01"}


@pytest.fixture
def owed(biller: Biller) -> Biller:
    """Invoice 502 over AUD 82.50."""
    biller.site.invoice()
    return biller


def agree(biller: Biller, status: int = 200, **form: object) -> str:
    return biller.post("/invoices/502/plan", status, **form)


def parts(biller: Biller) -> list[tuple[str, int]]:
    """Return the instalments of the active plan."""
    statement = select(Instalment).join(PaymentPlan).where(PaymentPlan.state == "active")
    with biller.site.app.reading() as session:
        rows = session.scalars(statement.order_by(Instalment.position))
        return [(row.due_date.isoformat(), row.amount) for row in rows]


def kinds(biller: Biller) -> list[str]:
    with biller.site.app.reading() as session:
        found = session.scalars(select(TimelineEvent).order_by(TimelineEvent.event_id))
        return [event.kind for event in found if event.kind.startswith("plan_")]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (EQUAL, [("2026-04-01", 2750), ("2026-05-01", 2750), ("2026-06-01", 2750)]),
        (EQUAL | {"count": "2", "cadence": "weekly"}, [("2026-04-01", 4125), ("2026-04-08", 4125)]),
        (EQUAL | {"count": "2", "cadence": "fortnightly"}, [("2026-04-01", 4125), ("2026-04-15", 4125)]),
        (DEPOSIT, [("2026-03-17", 2000), ("2026-05-01", 6250)]),
        ({"way": "given", "lines": GIVEN}, [("2026-04-01", 5000), ("2026-05-01", 3250)]),
    ],
)
def test_a_plan_is_agreed_by_each_way_once_by_a_double_click(
    owed: Biller, form: dict[str, str], expected: list[tuple[str, int]]
) -> None:
    assert "the full balance is due on 11 Apr" in owed.get("/invoices/502")
    for _ in range(2):
        page = agree(owed, **form, shown="")
    assert parts(owed) == expected
    assert (owed.site.count(PaymentPlan), kinds(owed)) == (1, ["plan_agreed"])
    for due, amount in expected:
        day = date.fromisoformat(due).strftime("%-d %b")
        assert re.search(rf'data-l="Due">{day}</td>.*data-l="Amount">\${amount / 100:.2f}</td>', page)
    assert f"Set up by {STAFF}" in page
    assert '<span class="b">Plan agreed</span>' in page


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (EQUAL | {"count": "many"}, "number of instalments between 1 and 60"),
        (EQUAL | {"count": "61"}, "between 1 and 60"),
        (EQUAL | {"count": "60", "first": "2029-04-01"}, "must be due between today"),
        (EQUAL | {"first": ""}, "enter a date"),
        (EQUAL | {"first": "2026-03-16"}, "must be due between today"),
        (EQUAL | {"first": "9999-12-31"}, "beyond the last possible date"),
        (EQUAL | {"cadence": "daily"}, "is not a frequency"),
        (DEPOSIT | {"deposit": "82.50"}, "less than the balance due"),
        (DEPOSIT | {"deposit": "-1"}, "above zero"),
        (DEPOSIT | {"deposit": "20,00"}, "is not a valid amount in AUD"),
        (DEPOSIT | {"rest_due": "2026-03-17"}, "due later than the one before"),
        ({"way": "given", "lines": "2026-04-01 50.00"}, "do not add up to the balance due"),
        ({"way": "given", "lines": "2026-04-01 82.50 <b>"}, "line 1 must be a date and an amount"),
        ({"way": "given", "lines": ""}, "on its own line"),
        ({"way": "given", "lines": "2026-04-01 82.20\n2026-05-01 0.30"}, "below the card minimum"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    owed: Biller, form: dict[str, str], reason: str
) -> None:
    page = agree(owed, 422, **form)
    assert '<p class="error">' in page
    assert reason in page
    assert '<details class="act" open><summary>Set up a payment plan' in page
    for name in set(form) & {"count", "first", "deposit", "deposit_due", "rest_due"}:
        assert f'name="{name}" value="{form[name]}"' in page
    if "lines" in form:
        assert f"{form['lines'].replace('<b>', '&lt;b&gt;')}</textarea>" in page
    assert (owed.site.count(PaymentPlan), kinds(owed)) == (0, [])


@pytest.mark.parametrize("way", ["", "end", "barter"])
def test_a_way_that_the_page_does_not_offer_is_refused(owed: Biller, way: str) -> None:
    assert "is not a type of plan" in agree(owed, 422, way=way)


def test_an_instalment_that_is_not_paid_in_time_is_marked_late(owed: Biller) -> None:
    agree(owed, **EQUAL)
    page = owed.get("/invoices/502")
    assert 'badge warn">Overdue<' not in page
    assert 'Due on 1 Apr: <b class="num">$27.50</b> of $82.50 owed' in page
    record = {"amount": "30.00", "channel": "cash", "request_key": "0123456789"}
    page = owed.post("/invoices/502/payments", **record)
    states = re.findall(r'data-l="State"><span[^>]*>([^<]+)</span>.*?data-l="Open">([^<]+)<', page)
    assert states == [("Paid", "$0.00"), ("To come", "$25.00"), ("To come", "$27.50")]
    owed.go(owed.clock.replace(month=5, day=2))
    page = owed.get("/invoices/502")
    assert page.count('badge warn">Overdue<') == 1
    assert 'Due now: <b class="num">$25.00</b> of $52.50 owed' in page


def test_a_plan_is_changed_by_agreeing_again_with_what_is_open_prefilled(owed: Biller) -> None:
    agree(owed, **EQUAL)
    page = owed.get("/invoices/502")
    assert "2026-04-01 27.50\n2026-05-01 27.50\n2026-06-01 27.50</textarea>" in page
    agree(owed, way="given", lines=GIVEN, shown=owed.hidden(page, "shown"))
    assert parts(owed) == [("2026-04-01", 5000), ("2026-05-01", 3250)]
    assert (owed.site.count(PaymentPlan), kinds(owed)) == (2, ["plan_agreed", "plan_agreed"])


def test_a_page_from_before_a_colleagues_plan_does_not_replace_it(owed: Biller) -> None:
    agree(owed, **EQUAL)
    page = agree(owed, 409, way="given", lines=GIVEN, shown="")
    assert "has changed since" in page
    assert f"{GIVEN}</textarea>" in page
    assert owed.post("/invoices/502/plan/end", 409, reason="moved", shown="77").count("moved") == 1
    assert len(parts(owed)) == 3


def test_a_plan_is_ended_once_by_a_double_click_with_a_reason(owed: Biller) -> None:
    page = agree(owed, **EQUAL)
    shown = owed.hidden(page, "shown")
    page = owed.post("/invoices/502/plan/end", 422, reason=" ", shown=shown)
    assert "enter a reason for ending the plan" in page
    assert '<details class="act" open><summary>End the plan' in page
    for _ in range(2):
        page = owed.post("/invoices/502/plan/end", reason="pays <all>", shown=shown)
    assert kinds(owed) == ["plan_agreed", "plan_ended"]
    assert "pays &lt;all&gt;" in page
    assert "End the plan" not in page
    with owed.site.app.reading() as session:
        plan = session.scalars(select(PaymentPlan)).one()
    assert (plan.reason, plan.ended_by) == ("pays <all>", STAFF)


def test_a_plan_that_never_was_cannot_be_ended(owed: Biller) -> None:
    page = owed.post("/invoices/502/plan/end", 409, reason="why not")
    assert "has no payment plan" in page
    assert 'value="why not"' in page


def test_amounts_have_the_currencys_decimals(biller: Biller) -> None:
    biller.site.invoice(currency="JPY")
    page = agree(biller, 422, way="given", lines="2026-04-01 8000.00\n2026-05-01 250.5")
    assert "is not a valid amount in JPY" in page
    page = agree(biller, way="given", lines="2026-04-01 8000\n2026-05-01 250")
    assert parts(biller) == [("2026-04-01", 8000), ("2026-05-01", 250)]
    assert "2026-05-01 250</textarea>" in page
    page = agree(biller, **EQUAL | {"count": "4"}, shown=biller.hidden(page, "shown"))
    assert [amount for _, amount in parts(biller)] == [2064, 2062, 2062, 2062]


@pytest.mark.parametrize("status", [InvoiceStatus.DRAFT, InvoiceStatus.VOID])
def test_an_invoice_that_cannot_be_paid_has_no_section_and_takes_no_plan(
    owed: Biller, status: InvoiceStatus
) -> None:
    owed.site.change(status=status)
    assert 'id="plan"' not in owed.get("/invoices/502")
    page = agree(owed, 409, **EQUAL)
    assert "nothing is owed, or a payment is clearing" in page
    assert 'name="first" value="2026-04-01"' in page
    owed.post("/invoices/9/plan", 404, **EQUAL)


def test_no_form_of_another_site_makes_or_ends_a_plan(owed: Biller) -> None:
    page = agree(owed, **EQUAL)
    owed.csrf, shown = "forged", owed.hidden(page, "shown")
    agree(owed, 403, way="given", lines=GIVEN, shown=shown)
    owed.post("/invoices/502/plan/end", 403, reason="r", shown=shown)
    assert [date.fromisoformat(day).month for day, _ in parts(owed)] == [4, 5, 6]
