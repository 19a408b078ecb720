"""`paymail plans` agrees, shows and ends, and fails clearly."""

import functools
import json
import subprocess
import sys
from datetime import date, timedelta

import pytest

from paymail.services.core.invoices import load_invoice, local_date
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.cli import running
from tests.conftest import environment
from tests.factories import make_invoice


@pytest.fixture
def today(two_invoices: App) -> date:
    """The issuer's day: the commands read the real clock."""
    with two_invoices.reading() as session:
        return local_date(load_invoice(session, invoice_id=502).issuer, two_invoices.now())


run = functools.partial(running.run, "plans")


def told(*arguments: str) -> list[tuple[str, float]]:
    found = json.loads(run(*arguments, "--json").stdout)
    return [(row["due_date"], row["amount"]) for row in found["plan"]]


def test_a_plan_is_agreed_in_three_ways_shown_and_ended_once(two_invoices: App, today: date) -> None:
    soon, later = str(today + timedelta(days=7)), str(today + timedelta(days=21))
    equal = ("--count", "2", "--cadence", "fortnightly", "--first", soon)
    assert told("agree", "502", *equal) == [(soon, 41.25), (later, 41.25)]
    deposit = ("--deposit", "20", "--deposit-due", soon, "--rest-due", later)
    assert told("agree", "502", *deposit) == [(soon, 20), (later, 62.5)]
    given = ("--part", f"{soon} 50.00", "--part", f"{later} 32.50")
    assert told("agree", "502", *given) == [(soon, 50), (later, 32.5)] == told("show", "502")
    shown = run("show", "502").stdout
    for line in (f" 1  {soon}           AUD 50.00  AUD 50.00 open", "AUD 82.50 owed"):
        assert line in shown
    run("end", "502", expect=2)
    assert "enter a reason" in run("end", "502", "--reason", " ", expect=1).output
    assert "has no payment plan; AUD 82.50 owed" in run("end", "502", "--reason", "moved").stdout
    assert "has no payment plan" in run("end", "502", "--reason", "moved", expect=1).output
    assert told("show", "502") == []
    run("show", "9", expect=1)


def test_what_is_no_plan_is_refused(two_invoices: App, today: date) -> None:
    day = str(today)
    for usage in ((), ("--count", "2"), ("--part", f"{day} 8250", "--deposit", "1")):
        run("agree", "502", *usage, expect=2)
    for lines, word in (
        ((f"{day} 82.49",), "do not add up"),
        ((f"{day} 82,50",), "line 1"),
        (("tomorrow 82.50",), "is not a date"),
    ):
        given = [argument for line in lines for argument in ("--part", line)]
        assert word in run("agree", "502", *given, expect=1).output
    run("agree", "502", "--count", "99", "--cadence", "weekly", "--first", day, expect=1)
    assert "is not a valid amount in JPY" in run("agree", "503", "--part", f"{day} 8250.5", expect=1).output
    assert told("agree", "503", "--part", f"{day} 8250") == [(day, 8250)]


def test_the_commands_work_as_processes_on_either_database(settings: Settings) -> None:
    app = build(settings)
    with app.transaction() as session:
        make_invoice(session)
        today = local_date(load_invoice(session, invoice_id=502).issuer, app.now())
    app.close()
    given = environment(settings.data_dir, PAYMAIL_DATABASE_URL=settings.database_url)

    def paymail(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "paymail", "plans", *arguments]
        done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    code, said = paymail("agree", "502", "--count", "3", "--cadence", "monthly", "--first", str(today))
    assert (code, said.count("AUD 27.50 open")) == (0, 3), said
    assert paymail("end", "502", "--reason", "moved") == (
        0,
        "invoice 502 has no payment plan; AUD 82.50 owed\n",
    )
    assert paymail("end", "502", "--reason", "moved") == (1, "paymail: this invoice has no payment plan\n")
