"""The commands for doubts, bounces, suppressions and customers say what they did, and fail clearly."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from paymail.models import Customer, Message, MessageState
from paymail.services.outbox import gates, sender_refusals
from paymail.services.sending.invoice_emails import send_invoice
from paymail.tasks.sweep import sweep_once
from paymail.wiring import App
from tests.cli.running import run
from tests.dsn import TOKEN, sample
from tests.factories import make_invoice

TEMPLATE = "postfix_unknown_user"


@pytest.fixture
def app(commands: App) -> App:
    """An application with an email in doubt, and its folder as the commands' own."""
    with commands.transaction() as session:
        make_invoice(session)
        send_invoice(session, invoice_id=502, actor="test", now=commands.now())
    sweep_once(commands)
    with commands.transaction() as session:
        session.scalars(select(Message).where(Message.kind == "invoice")).one().state = MessageState.UNKNOWN
    return commands


def first(app: App) -> Message:
    with app.reading() as session:
        return session.scalars(select(Message).order_by(Message.message_id)).first() or Message()


def test_doubts_are_listed_and_resolved(app: App) -> None:
    (row,) = json.loads(run("messages", "unknown", "--json").stdout)
    assert row["message_id_header"] == first(app).header_id
    run("messages", "resolve", "1", expect=2)
    run("messages", "resolve", "1", "--sent", "--failed", expect=2)
    assert "marked as sent" in run("messages", "resolve", "1", "--sent", "--why", "log").stdout
    assert "only an unknown message" in run("messages", "resolve", "1", "--resend", expect=1).stderr
    shown = json.loads(run("messages", "show", "1", "--json").stdout)
    assert (shown["state"], shown["erased"]) == ("sent", False)


def test_a_log_proves(app: App, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    assert "No such file" in run("messages", "prove", str(log), expect=1).stderr
    head = "Mar 17 01:00:00 mx postfix"
    log.write_text(
        f"{head}/cleanup[1]: 4ABCDE: message-id={first(app).header_id}\n"
        f"{head}/qmgr[1]: 4ABCDE: from=<a@b.example>, size=1, nrcpt=1 (queue active)\n"
    )
    assert "1 message(s) settled" in run("messages", "prove", str(log)).stdout


def test_bounces_are_read_and_suppressions_lifted(app: App, tmp_path: Path) -> None:
    file = tmp_path / "bounce.eml"
    file.write_bytes(sample(TEMPLATE).replace(TOKEN.encode(), first(app).header_id[1:25].encode()))
    result = run("bounces", "read", str(file), str(tmp_path / "none.eml"), expect=4)
    assert "hard 5.1.1 message 1" in result.stdout
    assert "none.eml" in result.stderr
    assert json.loads(run("bounces", "list", "--json").stdout)[0]["source"] == "cli"
    assert first(app).state is MessageState.BOUNCED
    (row,) = json.loads(run("suppressions", "list", "--json").stdout)
    assert (row["address"], row["reason"]) == ("c502@customer.example", "bounced")
    run("suppressions", "lift", row["address"], expect=2)
    assert "1 invoice(s) resume" in run("suppressions", "lift", row["address"], "--reason", "ok").stdout
    assert "not suppressed" in run("suppressions", "lift", row["address"], "--reason", "ok", expect=1).stderr
    assert "lifted: ok" in run("suppressions", "list", "--lifted").stdout
    run("suppressions", "add", "x@shop.example", "--detail", "asked")
    assert "already" in run("suppressions", "add", "X@shop.example").stdout
    assert "not an email address" in run("suppressions", "add", "x", expect=1).stderr


def test_a_customers_locale_is_set_and_taken_back(app: App) -> None:
    assert "de-AT and is emailed in de" in run("customers", "set-locale", "1", "de_at").stdout
    assert "sv-SE and is emailed in en" in run("customers", "set-locale", "1", "sv-SE").stdout
    assert "is not a locale" in run("customers", "set-locale", "1", "german", expect=1).stderr
    assert "has the locale en-AU" in run("customers", "set-locale", "1", "").stdout
    assert "customer 9 not found" in run("customers", "set-locale", "9", "de", expect=1).stderr


def test_a_customer_is_changed_and_erased_only_when_nothing_is_in_the_way(app: App) -> None:
    run("customers", "set-email", "1", "new@shop.example")
    with app.reading() as session:
        assert session.scalars(select(Customer.email)).one() == "new@shop.example"
    refused = run("customers", "erase", "1", "--yes", expect=1)
    assert "unpaid invoices: 502; queued or unknown emails: 1" in refused.stderr
    assert "customer 9 not found" in run("customers", "erase", "9", "--yes", expect=1).stderr
    run("customers", "erase", "1", expect=1)


def test_a_domain_that_refused_the_sender_is_resumed(app: App) -> None:
    assert "no emails were waiting" in run("bounces", "resume", "customer.example").stdout
    with app.transaction() as session:
        key = gates.refused(1, "customer.example")
        gates.close_for_refusal(session, key=key, reason="550 5.7.26", now=app.now())
    assert "sending goes on" in run("bounces", "resume", "Customer.example").stdout
    with app.reading() as session:
        assert sender_refusals.closed(session, now=app.now()) == []
