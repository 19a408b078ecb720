"""Bulk sends: each matching invoice once, at the rate, through pause, crash and cancel."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import IllegalMove, MessageState
from paymail.ports.mail import Outcome, Verdict
from paymail.services.delivery import deliveries
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Progress, Selection
from tests.services.emailed_invoice import EmailedInvoice

ALL = Selection(currency="AUD")


def start(emailed: EmailedInvoice, selection: Selection = ALL, **more: object) -> int:
    with emailed.context.transaction() as session:
        return bulk.start(session, selection=selection, actor="staff", now=emailed.clock, **more).bulk_id  # type: ignore[arg-type]


def progress(emailed: EmailedInvoice, bulk_id: int) -> Progress:
    with db.reading(emailed.engine) as session:
        return bulk.progress(session, bulk_id=bulk_id, now=emailed.clock)


@pytest.fixture
def many(emailed: EmailedInvoice) -> EmailedInvoice:
    for number in range(503, 512):
        emailed.add_invoice(number)
    return emailed


def test_every_matching_invoice_gets_one_email(many: EmailedInvoice) -> None:
    many.add_invoice(600, currency="USD")
    many.add_invoice(601, paid=8250)
    number = start(many)
    assert many.turn() == 10
    assert many.turn() == 0
    found = progress(many, number)
    assert (found.name, found.counts, found.waiting) == ("finished", {"sent": 10}, 0)


def test_who_has_the_email_already_is_left_out_unless_asked(many: EmailedInvoice) -> None:
    many.send()
    many.turn()
    first = start(many)
    assert many.turn() == 9
    assert progress(many, first).bulk.skipped == 1
    start(many, again=True)
    assert many.turn() == 10


def test_the_list_says_of_each_what_its_page_says_in_as_many_statements(many: EmailedInvoice) -> None:
    def listed() -> tuple[list[Progress], int]:
        asked: list[object] = []
        event.listen(many.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        with db.reading(many.engine) as session:
            return bulk.listed(session, now=many.clock, default_rate=60), len(asked)

    begun = [start(many, rate=30)]
    many.turn()
    begun.append(start(many, Selection(currency="AUD", due_before=date(2030, 1, 1)), again=True))
    one, cost = listed()
    assert len(one) == 2
    begun += [start(many, again=True), start(many, rate=10, again=True)]
    with many.context.transaction() as session:
        bulk.pause(session, bulk_id=begun[-1], actor="staff", now=many.clock)
    found, same = listed()
    assert [row.bulk.bulk_id for row in found] == begun[::-1]
    for row in found:
        with db.reading(many.engine) as session:
            alone = bulk.progress(session, bulk_id=row.bulk.bulk_id, now=many.clock, default_rate=60)
        assert replace(row, bulk=alone.bulk) == alone
    assert same == cost


def test_a_finish_beyond_the_calendar_is_not_foretold(many: EmailedInvoice) -> None:
    number = start(many, rate=1, at=datetime.max.replace(tzinfo=UTC))
    assert (progress(many, number).waiting, progress(many, number).finishes_at) == (10, None)


def test_the_rate_is_kept_and_the_finish_is_foretold(many: EmailedInvoice) -> None:
    number = start(many, rate=6)
    many.turn()
    found = progress(many, number)
    assert found.counts == {"sent": 1, "scheduled": 9}
    assert found.finishes_at == many.clock + timedelta(seconds=90)
    for _ in range(9):
        many.clock += timedelta(seconds=10)
        many.turn()
    assert progress(many, number).name == "finished"


def test_a_bulk_send_for_later_waits(many: EmailedInvoice) -> None:
    number = start(many, at=many.clock + timedelta(hours=1))
    assert many.turn() == 0
    assert progress(many, number).waiting == 10
    many.clock += timedelta(hours=1)
    assert many.turn() == 10


def test_pause_holds_and_resume_goes_on(many: EmailedInvoice) -> None:
    number = start(many, rate=6)
    many.turn()
    many.change(lambda s: bulk.pause(s, bulk_id=number, actor="staff", now=many.clock))
    many.clock += timedelta(hours=2)
    assert many.turn() == 0
    many.add_invoice(600, email="z@other.example")
    many.send_one(600)
    assert many.turn() == 1  # what is not of the bulk send is not held
    many.change(lambda s: bulk.resume(s, bulk_id=number))
    total = 0
    for _ in range(10):
        total += many.turn()
        many.clock += timedelta(seconds=10)
    assert total == 9


def test_a_pause_before_its_messages_are_written_holds_too(many: EmailedInvoice) -> None:
    number = start(many)
    many.change(lambda s: bulk.pause(s, bulk_id=number, actor="staff", now=many.clock))
    assert many.turn() == 0
    assert many.messages() == []
    many.change(lambda s: bulk.resume(s, bulk_id=number))
    assert many.turn() == 10


def test_cancel_withdraws_what_is_not_handed_over(many: EmailedInvoice) -> None:
    number = start(many, rate=6)
    many.turn()
    many.change(lambda s: bulk.cancel(s, bulk_id=number, actor="staff", now=many.clock))
    many.clock += timedelta(hours=1)
    assert many.turn() == 0
    assert progress(many, number).counts == {"sent": 1, "cancelled": 9}
    with pytest.raises(IllegalMove):
        many.change(lambda s: bulk.resume(s, bulk_id=number))


def test_only_the_failed_are_sent_again(many: EmailedInvoice) -> None:
    many.mailer.outcomes = [Outcome(Verdict.FAILED, 550, "550 no", "dot")] * 3
    first = start(many)
    many.turn()
    assert progress(many, first).counts == {"failed": 3, "sent": 7}
    second = start(many, Selection(failed_of=first))
    many.turn()
    assert progress(many, second).counts == {"sent": 3}
    third = start(many, Selection(failed_of=first))
    assert many.turn() == 0
    assert progress(many, third).bulk.skipped == 3


def test_a_crash_between_batches_loses_and_repeats_nothing(many: EmailedInvoice) -> None:
    number = start(many)
    many.change(lambda s: bulk.expand(s, bulk_id=number, now=many.clock, batch=4))

    def die_before_the_commit(session: Session) -> None:
        bulk.expand(session, bulk_id=number, now=many.clock, batch=4)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        many.change(die_before_the_commit)
    assert len(many.messages()) == 4
    many.turn()
    assert len(many.messages()) == 10
    assert len({m.invoice_id for m in many.messages()}) == 10


def test_the_same_request_starts_one(many: EmailedInvoice) -> None:
    assert start(many, request_key="form-1") == start(many, request_key="form-1")
    assert start(many, request_key="form-2") != start(many, request_key="form-1")


def test_a_filter_that_matches_nothing_is_refused(emailed: EmailedInvoice) -> None:
    with pytest.raises(bulk.EmptySelection):
        start(emailed, Selection(currency="USD"))
    with pytest.raises(bulk.NoSuchBulk):
        start(emailed, Selection(failed_of=99))


def test_a_filter_survives_being_stored() -> None:
    selection = Selection(currency="AUD", customer="A 'B'", due_before=date(2026, 4, 12), failed_of=3)
    assert Selection.from_json(selection.to_json()) == selection


def test_what_is_paid_meanwhile_is_left_out(many: EmailedInvoice) -> None:
    number = start(many, rate=6)
    many.turn()
    many.pay(505)
    for _ in range(12):
        many.clock += timedelta(seconds=10)
        deliveries.sweep(many.context)
    states = {m.invoice_id: m.state for m in many.messages("invoice")}
    assert states.pop(505) is MessageState.SUPPRESSED
    assert set(states.values()) == {MessageState.SENT}
    assert progress(many, number).name == "finished"
