"""The forecast says what the sweep then does, and `explain` says why nothing goes."""

from datetime import datetime, timedelta

import pytest

from paymail import db
from paymail.models import InvoiceStatus, MessageState
from paymail.services.forecast.coming import Coming
from paymail.services.forecast.explanation import explain
from paymail.services.forecast.forecast import forecast
from paymail.services.imports.fields import LATEST_DAY
from paymail.services.issuers import issuer_settings
from paymail.services.reminders import holds, planner
from paymail.services.reminders.holds import HoldReason
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Selection
from tests.services.emailed_invoice import EmailedInvoice


def seen(emailed: EmailedInvoice, days: int = 7) -> list[Coming]:
    with db.reading(emailed.engine) as session:
        return forecast(session, now=emailed.clock, days=days)


@pytest.mark.thorough
def test_the_forecast_comes_true(emailed: EmailedInvoice) -> None:
    for number in range(503, 509):
        emailed.add_invoice(number, due_in=number - 503)
    emailed.send(at=emailed.now_at("2026-04-06T15:00"))
    emailed.at("2026-04-01T10:00")
    foretold = [(one.invoice_id, one.step, one.at) for one in seen(emailed, 30) if one.kind == "reminder"]
    happened: list[tuple[int | None, str | None, datetime]] = []
    known: set[int] = set()
    end = emailed.clock + timedelta(days=30)
    while emailed.clock <= end:
        if emailed.turn():
            sent = [m for m in emailed.messages("reminder") if m.state is MessageState.SENT]
            happened += [(m.invoice_id, m.step, emailed.clock) for m in sent if m.message_id not in known]
            known |= {m.message_id for m in sent}
        emailed.clock += timedelta(hours=1)
    assert len(foretold) >= 20
    assert sorted(foretold) == sorted(happened)


@pytest.mark.parametrize(
    ("invoice_at", "reminders"),
    [
        ("2026-04-13T09:00", ["20"]),
        ("2026-04-13T15:00", ["20"]),
        ("2026-04-15T15:00", ["20"]),
        ("2026-04-20T08:30", []),
    ],
)
def test_a_reminder_is_foretold_for_after_the_day_of_a_scheduled_invoice_email(
    emailed: EmailedInvoice, invoice_at: str, reminders: list[str]
) -> None:
    emailed.at("2026-04-12T10:00").send(at=emailed.now_at(invoice_at))
    foretold = [one.local[4:20] for one in seen(emailed, 9) if one.kind == "reminder" and one.at]
    happened = []
    for day in range(13, 22):
        for clock in ("08:30", "09:00", "10:00", "15:00", "16:00"):
            moment = f"2026-04-{day}T{clock}"
            emailed.at(moment).turn()
            sent = [m for m in emailed.messages("reminder") if m.handed_over_at == emailed.clock]
            happened += [moment.replace("T", " ") for _ in sent]
    assert foretold == happened
    assert [moment[8:10] for moment in happened] == reminders


def test_local_time_and_recipient_are_said(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-10T12:00")
    emailed.turn()
    (one,) = seen(emailed, 4)
    assert (one.local, one.step, one.recipient) == (
        "Mon 2026-04-13 09:00 AEST",
        "0",
        "c502@customer.example",
    )


def test_what_is_held_back_is_listed_with_its_reason(emailed: EmailedInvoice) -> None:
    emailed.change(
        lambda s: holds.place(s, invoice_id=502, reason=HoldReason.DISPUTED, actor="x", now=emailed.clock)
    )
    emailed.at("2026-04-12T10:00")
    held = seen(emailed, 3)
    assert [(one.at, one.held) for one in held] == [(None, "held: disputed"), (None, "held: disputed")]


def test_a_promise_moves_the_reminder_to_its_end(emailed: EmailedInvoice) -> None:
    until = emailed.now_at("2026-04-16T00:00")
    emailed.at("2026-04-12T10:00")
    emailed.change(
        lambda s: holds.place(
            s, invoice_id=502, reason=HoldReason.PROMISED, actor="x", now=emailed.clock, until=until
        )
    )
    assert [one.local for one in seen(emailed) if not one.held] == ["Thu 2026-04-16 09:00 AEST"]


def test_a_scheduled_email_is_foretold_to_its_own_recipient(emailed: EmailedInvoice) -> None:
    emailed.send(at=emailed.clock + timedelta(hours=3))
    assert [(one.kind, one.at) for one in seen(emailed, 1)] == [
        ("invoice", emailed.clock + timedelta(hours=3))
    ]


def test_a_broken_ladder_is_listed_and_hides_nothing_else(emailed: EmailedInvoice) -> None:
    emailed.add_invoice(503, ladder="nonsense")
    emailed.at("2026-04-12T10:00")
    found = {one.invoice_id: one for one in seen(emailed, 2)}
    assert "nonsense" in found[503].held
    assert found[502].held == ""


def test_an_invoice_is_explained(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-20T09:00").turn()
    with db.reading(emailed.engine) as session:
        found = explain(session, invoice_id=502, now=emailed.clock)
    assert found.next_local == "Mon 2026-04-27 09:00 AEST"
    assert found.reason == ""
    fates = {step.step: step.fate for step in found.steps}
    assert fates["7"] == "sent"
    assert fates["14"] == "will be sent"
    assert fates["0"].startswith("suppressed: missed")


def test_the_furthest_due_date_that_is_imported_is_explained_too(emailed: EmailedInvoice) -> None:
    emailed.set(due_date=LATEST_DAY, ladder="-60:upcoming, 365:final")
    with db.reading(emailed.engine) as session:
        found = explain(session, invoice_id=502, now=emailed.clock)
    assert (found.next_at, found.problem) == (None, "")
    assert [step.at.year for step in found.steps] == [2199, 2200]
    assert seen(emailed, 90) == []


def test_a_void_invoice_is_explained_too(emailed: EmailedInvoice) -> None:
    emailed.set(status=InvoiceStatus.VOID)
    with db.reading(emailed.engine) as session:
        found = explain(session, invoice_id=502, now=emailed.clock)
    assert (found.next_at, found.reason) == (None, "the invoice is void")
    assert {step.fate for step in found.steps} == {"the invoice is void"}


def test_a_queued_reminder_that_waits_is_listed_as_held(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-13T09:00")
    planner.plan_due(emailed.context)
    emailed.change(
        lambda s: holds.place(s, invoice_id=502, reason=HoldReason.DISPUTED, actor="x", now=emailed.clock)
    )
    emailed.turn()
    waiting = [one for one in seen(emailed) if one.step == "0"]
    assert [(one.at, one.held) for one in waiting] == [(None, "held: disputed")]


def test_a_paused_bulk_send_is_listed_as_held(emailed: EmailedInvoice) -> None:
    with emailed.context.transaction() as session:
        begun = bulk.start(session, selection=Selection(currency="AUD"), actor="x", now=emailed.clock)
    bulk.expand_all(emailed.context)
    emailed.change(lambda s: bulk.pause(s, bulk_id=begun.bulk_id, actor="x", now=emailed.clock))
    assert [one.held for one in seen(emailed)] == [f"bulk send {begun.bulk_id} is paused"]


def test_a_written_reminder_that_waits_for_the_morning_is_the_next_one_of_the_explanation(
    emailed: EmailedInvoice,
) -> None:
    emailed.at("2026-04-13T09:00")
    planner.plan_due(emailed.context)
    emailed.at("2026-04-13T21:00").turn()
    with db.reading(emailed.engine) as session:
        found = explain(session, invoice_id=502, now=emailed.clock)
    assert (found.next_local, found.reason) == ("Tue 2026-04-14 09:00 AEST", "outside business hours")
    assert {step.step: step.fate for step in found.steps}["0"] == "scheduled: outside business hours"
    assert [(one.step, one.local) for one in seen(emailed, 1)] == [("0", "Tue 2026-04-14 09:00 AEST")]


def test_a_written_reminder_counts_towards_the_cap_of_those_that_follow(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-13T09:00")
    planner.plan_due(emailed.context)
    emailed.change(
        lambda s: issuer_settings.set_up_issuer(
            s, issuer=emailed.issuer(s), actor="test", changes={"reminder_cap": 1}, now=emailed.clock
        )
    )
    assert [(one.step, one.held) for one in seen(emailed, 8)] == [
        ("0", ""),
        ("7", "the maximum of 1 reminders has been reached"),
    ]
