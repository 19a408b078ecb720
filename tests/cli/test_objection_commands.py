"""`paymail objections` lists, answers and closes."""

import json
from typing import Any

import pytest

from paymail.models import Invoice, Message, ObjectionReason
from paymail.services.customers import objections
from paymail.services.customers.objections import Wrong
from paymail.wiring import App
from tests.cli.running import run


@pytest.fixture
def objected(two_invoices: App) -> App:
    """Both invoices with something wrong, 503 first."""
    for invoice_id, reason in ((503, ObjectionReason.NOT_OURS), (502, ObjectionReason.PRICE)):
        with two_invoices.transaction() as session:
            token = session.get_one(Invoice, invoice_id).payment_token or ""
            wrong = Wrong(reason, (1,), "Ten hours,\nnot twelve", "amy@customer.example")
            objections.object_to(session, token=token, wrong=wrong, now=two_invoices.now())
    return two_invoices


def listed(*more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("objections", "list", "--json", *more).stdout)
    return found


@pytest.mark.usefixtures("objected")
def test_what_is_open_is_listed_oldest_first() -> None:
    assert [row["invoice_id"] for row in listed()] == [503, 502]
    assert [row["invoice_id"] for row in listed("--limit", "1")] == [503]
    assert "a price or a quantity, line 1  Ten hours, not twelve" in run("objections", "list").stdout
    run("objections", "list", "--invoice", "999", expect=1)


def test_an_answer_is_emailed_to_who_said_it_and_closes_it(objected: App) -> None:
    done = json.loads(run("objections", "answer", "502", "It is corrected.", "--json").stdout)
    with objected.reading() as session:
        message = session.get_one(Message, done["message_id"])
    assert (message.kind, message.recipient, message.actor) == ("answer", "amy@customer.example", "cli")
    assert [row["invoice_id"] for row in listed()] == [503]
    (row,) = listed("--invoice", "502")
    assert (row["answer"], row["closed_by"]) == ("It is corrected.", "cli")
    assert "closed by cli" in run("objections", "list", "--invoice", "502").stdout
    assert "no open objection" in run("objections", "answer", "502", "Again", expect=1).output


@pytest.mark.usefixtures("objected")
def test_it_is_closed_without_an_answer_only_when_that_is_asked_for() -> None:
    run("objections", "answer", "502", "  ", expect=2)
    assert len(listed()) == 2
    assert "is closed, without an answer" in run("objections", "close", "502").stdout
    assert listed("--invoice", "502")[0]["answer"] == ""
