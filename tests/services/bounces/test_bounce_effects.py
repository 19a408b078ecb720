"""A report changes what it proves about the one message that it names, once, and nothing else."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Bounce, Customer, Message, MessageState, ReminderHold, Suppression
from paymail.services import bounces
from paymail.services.bounces import Kind
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import deliveries
from paymail.services.outbox import notices, suppressions
from tests.dsn import sample
from tests.factories import NOW
from tests.services.desk import LATER, Desk


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_a_hard_bounce_marks_the_message_and_suppresses_pauses_and_tells(desk: Desk) -> None:
    desk.second_invoice(503)
    desk.second_invoice(504, paid=8250)
    message_id = desk.sent()
    bounce = desk.receive(desk.report("postfix_unknown_user"))
    assert (bounce.kind, bounce.status, bounce.message_id) == (Kind.HARD, "5.1.1", message_id)
    assert desk.state(message_id) is MessageState.BOUNCED
    with db.reading(desk.engine) as session:
        found = suppressions.active(session, address="C502@customer.example")
        assert found is not None
        assert (found.reason, found.message_id) == ("bounced", message_id)
        assert "User unknown" in session.get_one(Message, message_id).reason
    assert [desk.held(number) for number in (502, 503, 504)] == [["bounced"], ["bounced"], []]
    assert desk.count(Message, Message.kind == "notice") == 1
    assert {"email_bounced", "reminders_held", "staff_told"} <= set(desk.kinds())


def test_the_same_report_again_changes_nothing(desk: Desk) -> None:
    desk.sent()
    raw = desk.report("postfix_unknown_user")
    first = desk.receive(raw)
    before = desk.kinds()
    assert desk.receive(raw, "http").bounce_id == first.bounce_id
    assert desk.kinds() == before


def test_a_second_report_about_a_bounced_message_is_only_recorded(desk: Desk) -> None:
    desk.sent()
    desk.receive(desk.report("postfix_unknown_user"))
    before = desk.kinds()
    with db.transaction(desk.engine) as session:
        suppressions.lift(session, address="c502@customer.example", reason="works", actor="a", now=LATER)
    desk.receive(desk.report("gmail_not_found"))
    assert desk.count(Bounce) == 2
    assert desk.kinds() == before
    assert desk.count(Suppression, Suppression.lifted_at.is_(None)) == 0


def test_a_bounce_proves_that_an_unknown_message_was_accepted(desk: Desk) -> None:
    message_id = desk.sent(MessageState.UNKNOWN)
    desk.receive(desk.report("exim_old_style"))
    assert desk.state(message_id) is MessageState.BOUNCED
    assert desk.kinds()[-5:-3] == ["email_sent", "email_bounced"] or "email_sent" in desk.kinds()


@pytest.mark.parametrize("name", ["postfix_delivered", "postfix_delayed", "sendmail_delayed"])
def test_any_report_resolves_an_unknown_message_to_sent(desk: Desk, name: str) -> None:
    message_id = desk.sent(MessageState.UNKNOWN)
    desk.receive(desk.report(name))
    assert desk.state(message_id) is MessageState.SENT
    assert desk.message().settled_at == LATER


def test_a_soft_bounce_is_recorded_and_nothing_else(desk: Desk) -> None:
    message_id = desk.sent()
    assert desk.receive(desk.report("postfix_delayed")).kind == Kind.SOFT
    assert desk.state(message_id) is MessageState.SENT
    assert desk.kinds()[-1] == "email_delayed"
    assert desk.count(Suppression) == desk.count(ReminderHold) == 0
    assert desk.count(Message) == 1


@pytest.mark.parametrize("name", ["gmail_spam", "office365_mailbox_full", "postfix_expired"])
def test_a_return_that_is_not_the_addresss_fault_suppresses_nobody(desk: Desk, name: str) -> None:
    message_id = desk.sent()
    desk.receive(desk.report(name))
    assert desk.state(message_id) is MessageState.BOUNCED
    assert desk.count(Suppression) == 0
    assert desk.held(502) == ["bounced"]
    assert desk.count(Message, Message.kind == "notice") == 1


@pytest.mark.parametrize("name", ["postfix_unknown_user", "gmail_not_found", "qmail_unknown_user"])
def test_a_report_with_a_made_up_id_does_nothing(desk: Desk, name: str) -> None:
    message_id = desk.sent()
    bounce = desk.receive(sample(name))
    assert (bounce.kind, bounce.message_id) == (Kind.UNMATCHED, None)
    assert desk.state(message_id) is MessageState.SENT
    assert desk.count(Suppression) == desk.count(ReminderHold) == 0


def test_a_report_about_another_recipient_does_nothing(desk: Desk) -> None:
    message_id = desk.sent()
    raw = desk.report("postfix_unknown_user").replace(b"c502@customer", b"boss@customer")
    bounce = desk.receive(raw)
    assert (bounce.kind, bounce.message_id, bounce.recipient) == (
        Kind.UNMATCHED,
        message_id,
        "boss@customer.example",
    )
    assert desk.state(message_id) is MessageState.SENT
    assert desk.count(Suppression) == 0


@pytest.mark.parametrize("name", ["vacation", "outlook_automatic_reply"])
def test_an_automatic_reply_does_nothing(desk: Desk, name: str) -> None:
    message_id = desk.sent(MessageState.UNKNOWN)
    assert desk.receive(desk.report(name)).kind == Kind.UNMATCHED
    assert desk.state(message_id) is MessageState.UNKNOWN


def test_a_bounce_of_a_message_that_waits_again_moves_it_nowhere(desk: Desk) -> None:
    message_id = desk.sent(MessageState.SCHEDULED)
    desk.receive(desk.report("postfix_unknown_user"))
    assert desk.state(message_id) is MessageState.SCHEDULED
    assert desk.count(Suppression) == 1


def test_a_bounced_notice_makes_no_other_notice_and_holds_nothing(desk: Desk) -> None:
    with db.transaction(desk.engine) as session:
        notices.tell_staff(session, invoice_id=502, about="test", key=1, headline="Look", detail="", now=NOW)
    deliveries.sweep(desk.context)
    raw = desk.report("postfix_unknown_user").replace(b"c502@customer", b"billing@southern-it")
    desk.receive(raw)
    assert desk.message().state is MessageState.BOUNCED
    assert desk.count(Message) == 1
    assert desk.held(502) == []


def test_a_late_bounce_of_an_old_address_does_not_hold_the_new_one(desk: Desk) -> None:
    desk.sent()
    with db.transaction(desk.engine) as session:
        session.scalars(select(Customer)).one().email = "new@customer.example"
    desk.receive(desk.report("postfix_unknown_user"))
    assert desk.held(502) == []
    assert desk.count(Suppression, Suppression.address == "c502@customer.example") == 1


def test_a_token_is_found_after_the_issuer_changed_its_domain(desk: Desk) -> None:
    message_id = desk.sent()
    raw = desk.report("postfix_unknown_user").replace(b"Message-ID: <", b"X-Lost: <")
    with db.transaction(desk.engine) as session:
        load_invoice(session, invoice_id=502).issuer.email = "billing@moved.example"
    desk.receive(raw)
    assert desk.state(message_id) is MessageState.BOUNCED


def test_reports_that_come_in_together_count_once(desk: Desk) -> None:
    desk.second_invoice(503)
    message_id = desk.sent(MessageState.UNKNOWN)
    raws = [desk.report(name) for name in ("postfix_unknown_user", "gmail_not_found")] * 3
    faults: list[Exception] = []

    def work(raw: bytes) -> None:
        try:
            desk.receive(raw)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(raw,)) for raw in raws]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert desk.state(message_id) is MessageState.BOUNCED
    assert desk.count(Bounce) == 2
    assert desk.count(Message, Message.kind == "notice") == 1
    assert desk.count(ReminderHold) == 2
    assert desk.kinds().count("email_sent") == 2  # by the worker, and by the proof


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "box"
    found.mkdir()
    return found


def test_a_maildir_is_emptied_into_done_and_unmatched(desk: Desk, tmp_path: Path) -> None:
    desk.sent()
    box = tmp_path / "maildir"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    (box / "new" / "1.a").write_bytes(desk.report("postfix_unknown_user"))
    (box / "cur" / "2.b:2,S").write_bytes(sample("vacation"))
    (box / "tmp" / "3.c").write_bytes(b"half")
    (box / "new" / "4.d").symlink_to(box / "tmp" / "3.c")
    (box / "new" / "5.e").mkdir()
    found = bounces.collect(desk.context_at(NOW), box)
    assert found == bounces.Collected(done=1, unmatched=1)
    assert [file.name for file in (box / "done").iterdir()] == ["1.a"]
    assert [file.name for file in (box / "unmatched").iterdir()] == ["2.b:2,S"]
    assert bounces.collect(desk.context_at(NOW), box) == bounces.Collected()


def test_a_plain_folder_keeps_reports_of_the_same_name(desk: Desk, folder: Path) -> None:
    desk.sent()
    for text in (b"one", b"two"):
        (folder / "bounce.eml").write_bytes(text)
        bounces.collect(desk.context_at(NOW), folder)
    assert sorted(file.name for file in (folder / "unmatched").iterdir()) == ["bounce.eml", "bounce.eml.1"]


def test_a_plain_file_that_may_still_be_written_is_left(desk: Desk, folder: Path) -> None:
    file = folder / "bounce.eml"
    file.write_bytes(b"half")
    written = NOW.fromtimestamp(file.stat().st_mtime, NOW.tzinfo)
    assert bounces.collect(desk.context_at(written + timedelta(seconds=1)), folder) == bounces.Collected()
    assert bounces.collect(desk.context_at(written + timedelta(seconds=9)), folder).unmatched == 1


def test_a_report_that_fails_stays_and_stops_no_other(desk: Desk, folder: Path) -> None:
    desk.sent()
    (folder / "a").write_bytes(b"first")
    (folder / "b").write_bytes(desk.report("postfix_unknown_user"))
    calls = iter([True, False])

    def transaction() -> object:
        if next(calls):
            raise OSError("the database is away")
        return db.transaction(desk.engine)

    assert bounces.collect(Context(transaction, lambda: NOW), folder) == bounces.Collected(done=1, failed=1)  # type: ignore[arg-type]
    assert bounces.collect(desk.context_at(NOW), folder) == bounces.Collected(unmatched=1)


@pytest.mark.parametrize("movable", [True, False])
def test_files_that_cannot_be_read_do_not_block_the_folder(desk: Desk, folder: Path, movable: bool) -> None:
    desk.sent()
    for name in ("a", "b", "c"):
        (folder / name).write_bytes(b"not for us")
    (folder / "z").write_bytes(desk.report("postfix_unknown_user"))
    if not movable:
        (folder / "unreadable").write_bytes(b"a file where the folder should be")

    def read(file: Path) -> bytes:
        if file.name != "z":
            raise PermissionError(13, "Permission denied")
        return file.read_bytes()

    found = bounces.collect(desk.context_at(NOW), folder, limit=1, read=read)
    assert found == bounces.Collected(done=1, failed=3 + (not movable))
    assert (folder / "a").exists() is not movable
    again = bounces.collect(desk.context_at(NOW), folder, limit=1, read=read)
    assert again.failed == (0 if movable else 4)


def test_a_folder_that_is_not_there_is_empty(desk: Desk, tmp_path: Path) -> None:
    assert bounces.collect(desk.context_at(NOW), tmp_path / "none") == bounces.Collected()


@pytest.mark.parametrize("raw", [b"", b"\0", b"To: \xff\xfe\0\n\n", b"Subject: \xed\xa0\x80\n\n"])
def test_bytes_of_any_kind_are_recorded_as_unmatched(desk: Desk, raw: bytes) -> None:
    assert desk.receive(raw).kind == Kind.UNMATCHED
