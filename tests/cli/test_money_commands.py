"""The commands of payments, refunds, write-offs and voiding say what they did, and fail clearly."""

import json

import pytest
from sqlalchemy import select

from paymail.models import Message, TimelineEvent
from paymail.wiring import App
from tests.cli.running import run


def told(*arguments: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run(*arguments, "--json").stdout)
    return found


def test_a_payment_is_recorded_once_by_its_key_and_listed(two_invoices: App) -> None:
    given = ("payments", "record", "502", "50.00", "--reference", "INV 502", "--day", "2026-03-16")
    for _ in range(2):
        assert told(*given, "--key", "bank-1") == {
            "payment_id": 1,
            "receipt_number": "R-000001",
            "balance": 32.5,
        }
    listed = run("payments", "list", "502").stdout
    for shown in ("2026-03-16", "AUD 50.00", "Bank transfer INV 502", "R-000001", "balance AUD 32.50"):
        assert shown in listed
    (payment,) = told("payments", "list", "502")["payments"]  # type: ignore[misc]
    assert (payment["amount"], payment["recorded_by"], payment["receipts"]) == (50, "cli", [1])
    run("payments", "list", "9", expect=1)


@pytest.mark.parametrize(
    ("arguments", "expect", "reason"),
    [
        (("502", "1,000"), 1, "is not a valid amount in AUD"),
        (("502", "90"), 1, "more than the AUD 82.50 owed"),
        (("502", "0"), 1, "above zero"),
        (("502", "1", "--channel", "stripe"), 1, "cannot be entered manually"),
        (("502", "1", "--channel", "barter"), 2, "barter"),
        (("502", "1", "--day", "2999-01-01"), 1, "the date must be"),
        (("502", "1", "--day", "soon"), 2, "soon"),
        (("503", "1.5"), 1, "digits only"),
        (("9", "1"), 1, "invoice 9 not found"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(
    two_invoices: App, arguments: tuple[str, ...], expect: int, reason: str
) -> None:
    assert reason in run("payments", "record", *arguments, expect=expect).output
    assert told("payments", "list", "502")["payments"] == []


def test_a_surplus_is_recorded_when_it_is_said_to_be_meant(two_invoices: App) -> None:
    run("payments", "record", "502", "90", "--overpay")
    assert "overpaid AUD 7.50" in run("payments", "list", "502").stdout


def test_a_refund_that_needs_a_second_person_waits_and_is_listed_withdrawn_or_refused(
    two_invoices: App,
) -> None:
    run("reminders", "issuer", "--refund-approval-from", "5000")
    run("payments", "record", "502", "82.50")
    assert told("payments", "refund", "1", "50", "--yes")["status"] == "proposed"
    (row,) = json.loads(run("refunds", "list", "--json").stdout)
    assert (row["refund_id"], row["amount"], row["requested_by"]) == (1, 50, "cli")
    assert "AUD 50.00" in run("refunds", "list").stdout
    assert told("refunds", "withdraw", "1") == {"refund_id": 1, "status": "withdrawn"}
    assert "no longer waits" in run("refunds", "refuse", "1", "--reason", "no", expect=1).output
    assert "another person has to approve it" in run("payments", "refund", "1", "50", "--yes").stdout
    assert "refund 2 is refused" in run("refunds", "refuse", "2", "--reason", "Too much").stdout
    run("refunds", "withdraw", "9", expect=1)
    run("reminders", "issuer", "--refund-approval-from", "off")
    assert told("payments", "refund", "1", "50", "--yes")["status"] == "succeeded"


def test_a_credit_note_takes_off_what_is_owed_once_by_its_key(two_invoices: App) -> None:
    given = ("invoices", "credit", "502", "--amount", "20", "--reason", "less", "--key", "c", "--yes")
    for _ in range(2):
        assert told(*given) == {
            "refund_id": 1,
            "credit_note": "CN-000001",
            "credited": 20,
            "balance": 62.5,
        }
    assert "CN-000001 less" in run("payments", "list", "502").stdout
    done = run("invoices", "credit", "502", "--reason", "all of it", "--yes").stdout
    assert "CN-000002 over AUD 62.50, AUD 0.00 still owed" in done
    assert "nothing to credit" in run("invoices", "credit", "502", "--reason", "x", "--yes", expect=1).output


def test_a_refund_is_made_of_what_is_left_and_no_more(two_invoices: App) -> None:
    run("payments", "record", "503", "8250", "--channel", "cash")
    first = told("payments", "refund", "1", "250", "--reason", "broken", "--key", "r1")
    assert told("payments", "refund", "1", "250", "--reason", "broken", "--key", "r1") == first
    assert first == {"refund_id": 1, "status": "succeeded", "credit_note": "CN-000001"}
    assert "above zero, up to JPY 8,000" in run("payments", "refund", "1", "8001", expect=1).output
    assert (
        "was not made through Stripe"
        in run("payments", "refund", "1", "1", "--channel", "stripe", expect=1).output
    )
    assert "JPY 8,000 is succeeded" in run("payments", "refund", "1", "--owed-again", "--yes").stdout
    listed = run("payments", "list", "503").stdout
    assert "CN-000001" in listed
    assert "balance JPY 8,000" in listed
    run("payments", "refund", "7", expect=1)


def test_a_receipt_is_sent_again(two_invoices: App) -> None:
    run("payments", "record", "502", "82.50")
    number = told("payments", "receipt", "1")["message_id"]
    with two_invoices.reading() as session:
        kinds = dict(session.execute(select(Message.message_id, Message.kind)).all())
    assert kinds == {1: "receipt", number: "receipt"}
    run("payments", "receipt", "7", expect=1)


def test_an_invoice_is_written_off_in_part_and_asked_for_again(two_invoices: App) -> None:
    found = told("invoices", "write-off", "502", "--amount", "2.50", "--reason", "bank's fee")
    assert found == {"invoice_id": 502, "amount_written_off": 2.5, "balance": 80}
    assert "AUD 0.00 still owed" in run("invoices", "write-off", "502", "--reason", "insolvent").stdout
    run("invoices", "write-off", "502", "--reason", "again", expect=1)
    assert "AUD 82.50 still owed" in run("invoices", "write-off", "502", "--undo").stdout
    run("invoices", "write-off", "502", "--undo", expect=1)
    run("invoices", "write-off", "502", "--undo", "--amount", "1", expect=2)
    assert "enter a reason" in run("invoices", "write-off", "502", expect=1).output


def test_an_invoice_is_voided_with_a_reason_unless_money_has_arrived(two_invoices: App) -> None:
    run("invoices", "void", "502", expect=2)
    run("payments", "record", "503", "1")
    assert (
        "a payment has been received" in run("invoices", "void", "503", "--reason", "twice", expect=1).output
    )
    assert told("invoices", "void", "502", "--reason", "twice", "--yes")["status"] == "void"
    with two_invoices.reading() as session:
        kinds = session.scalars(select(TimelineEvent.kind).where(TimelineEvent.actor == "cli")).all()
    assert "voided" in kinds


def test_part_payments_are_allowed_and_switched_off(two_invoices: App) -> None:
    assert told("invoices", "parts", "502", "--minimum", "20.00")["part_minimum"] == 20
    assert told("invoices", "parts", "502", "--off")["part_minimum"] is None
    run("invoices", "parts", "502", expect=2)
    run("invoices", "parts", "502", "--minimum", "100", expect=1)
