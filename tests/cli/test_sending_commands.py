"""The commands of scheduling, bulk sends, reminders and forecast say what they did, and fail clearly."""

import json
from datetime import timedelta

import pytest

from paymail.models import Message
from paymail.tasks.sweep import sweep_once
from paymail.wiring import App
from tests.cli.running import run
from tests.factories import NOW, make_invoice


@pytest.fixture
def app(commands: App) -> App:
    """An application whose invoices 502 to 504 are due in 20 days, and its folder as the commands' own."""
    with commands.transaction() as session:
        for number in (502, 503, 504):
            make_invoice(
                session,
                invoice_id=number,
                name=f"Customer {number}",
                due_in=(commands.now().date() - NOW.date()).days + 20,
                reminders=True,
            )
    return commands


def test_an_email_is_scheduled_moved_foreseen_and_cancelled(app: App) -> None:
    day, next_day = (app.now().date() + timedelta(days=n) for n in (30, 31))
    sent = json.loads(run("invoices", "send", "502", "--at", f"{day}T09:00", "--json").stdout)
    number = str(sent[0]["message_id"])
    assert f"due {day}T" in run("messages", "reschedule", number, "--at", f"{next_day}T09:00").stdout
    run("messages", "reschedule", number, "--at", "whenever", expect=1)
    run("messages", "cancel", number)
    run("messages", "reschedule", number, expect=1)


def test_sending_says_what_cannot_be_paid_online(app: App) -> None:
    with app.transaction() as session:
        make_invoice(session, invoice_id=600, subtotal=20, tax=2)
    told = run("invoices", "send", "502", "600")
    assert told.stderr.splitlines()[-1:] == ["invoice 600: cannot be paid online (below minimum)"]


def test_the_forecast_and_the_explanation_name_the_next_reminder(app: App) -> None:
    rows = json.loads(run("forecast", "--days", "30", "--json").stdout)
    explained = json.loads(run("invoices", "explain", "502", "--json").stdout)
    assert {row["invoice_id"] for row in rows} == {502, 503, 504}
    assert explained["next_at"] in {row["at"] for row in rows}
    assert "will be sent" in run("invoices", "explain", "502").stdout
    run("invoices", "explain", "999", expect=1)


def test_a_hold_shows_in_the_explanation_until_released(app: App) -> None:
    run("invoices", "hold", "502", "--reason", "disputed")
    assert "held: disputed" in run("invoices", "explain", "502").stdout
    run("invoices", "release", "502")
    assert "held: disputed" not in json.loads(run("invoices", "explain", "502", "--json").stdout)["reason"]
    run("invoices", "release", "502", expect=1)


def test_reminders_are_set_up_and_refused_when_they_cannot_work(app: App) -> None:
    run("reminders", "issuer", "--ladder", "0:due, 9:firm", "--send-at", "10:30", "--rate", "office365")
    shown = json.loads(run("reminders", "show", "--json").stdout)
    assert (shown["ladder"], shown["send_at"], shown["sender_rate"]) == (
        "0:due, 9:firm",
        "10:30",
        "office365",
    )
    for wrong in (
        ["--send-at", "23:00"], ["--country", "XX"], ["--ladder", "soon"], ["--rate", "fast"],
        ["--timezone", "Nowhere"], ["--cap", "1000"],
    ):  # fmt: skip
        run("reminders", "issuer", *wrong, expect=1)
    assert json.loads(run("reminders", "show", "--json").stdout) == shown
    run("reminders", "customer", "1", "--off")
    assert "reminders are off for this customer" in run("invoices", "explain", "502").stdout
    run("reminders", "invoice", "503", "--ladder", "3:final")
    assert len(json.loads(run("invoices", "explain", "503", "--json").stdout)["steps"]) == 1


def test_a_reminder_by_hand_goes_out(app: App) -> None:
    run("invoices", "remind", "502")
    sweep_once(app)
    (message,) = json.loads(run("messages", "list", "--json").stdout)
    assert (message["kind"], message["state"]) == ("reminder", "sent")


def test_a_bulk_send_is_started_paused_resumed_and_cancelled(app: App) -> None:
    begun = json.loads(run("bulk", "start", "--currency", "AUD", "--rate", "6", "--json").stdout)
    assert (begun["queued"], begun["waiting"], begun["rate_per_minute"]) == (3, 3, 6)
    assert begun["finishes_at"]
    number = str(begun["bulk_id"])
    run("bulk", "pause", number)
    sweep_once(app)
    assert json.loads(run("bulk", "show", number, "--json").stdout)["messages"] == {"scheduled": 3}
    run("bulk", "resume", number)
    sweep_once(app)
    run("bulk", "cancel", number)
    shown = json.loads(run("bulk", "show", number, "--json").stdout)
    assert (shown["state"], shown["messages"]) == ("cancelled", {"sent": 1, "cancelled": 2})
    run("bulk", "pause", number, expect=1)
    run("bulk", "start", expect=2)
    run("bulk", "start", "--currency", "USD", expect=1)
    assert "cancelled" in run("bulk", "list").stdout


@pytest.mark.parametrize(
    "arguments", [("Acme", "billing@@acme"), ("Acme", "b@acme.example", "--timezone", "Mars/Olympus")]
)
def test_an_issuer_that_cannot_send_is_refused(app: App, arguments: tuple[str, ...]) -> None:
    run("issuers", "add", *arguments, expect=1)


def test_a_copy_goes_to_one_further_address_once_a_day(app: App) -> None:
    done = json.loads(run("invoices", "copy", "502", "--to", "books@accountant.example", "--json").stdout)
    assert done["queued"] is True
    again = run("invoices", "copy", "502", "--to", "books@accountant.example")
    assert f"message {done['message_id']}, which has it already" in again.stdout
    with app.reading() as session:
        message = session.get_one(Message, done["message_id"])
    assert (message.kind, message.recipient, message.actor) == ("copy", "books@accountant.example", "cli")
    run("invoices", "copy", "502", "--to", "nobody", expect=1)
    run("invoices", "copy", "502", "--to", "b@x.example", "--payment", "9", expect=1)
