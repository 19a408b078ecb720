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
from tests.services.reported_emails import LATER, ReportedEmails


@pytest.fixture
def reported(engine: Engine) -> ReportedEmails:
    return ReportedEmails(engine)


def test_a_hard_bounce_marks_the_message_and_suppresses_pauses_and_tells(reported: ReportedEmails) -> None:
    reported.second_invoice(503)
    reported.second_invoice(504, paid=8250)
    message_id = reported.sent()
    bounce = reported.receive(reported.report("postfix_unknown_user"))
    assert (bounce.kind, bounce.status, bounce.message_id) == (Kind.HARD, "5.1.1", message_id)
    assert reported.state(message_id) is MessageState.BOUNCED
    with db.reading(reported.engine) as session:
        found = suppressions.active(session, address="C502@customer.example")
        assert found is not None
        assert (found.reason, found.message_id) == ("bounced", message_id)
        assert "User unknown" in session.get_one(Message, message_id).reason
    assert [reported.held(number) for number in (502, 503, 504)] == [["bounced"], ["bounced"], []]
    assert reported.count(Message, Message.kind == "notice") == 1
    assert {"email_bounced", "reminders_held", "staff_told"} <= set(reported.kinds())


def test_the_same_report_again_changes_nothing(reported: ReportedEmails) -> None:
    reported.sent()
    raw = reported.report("postfix_unknown_user")
    first = reported.receive(raw)
    before = reported.kinds()
    assert reported.receive(raw, "http").bounce_id == first.bounce_id
    assert reported.kinds() == before


def test_a_second_report_about_a_bounced_message_is_only_recorded(reported: ReportedEmails) -> None:
    reported.sent()
    second = reported.report("gmail_not_found")
    reported.receive(reported.report("postfix_unknown_user"))
    before = reported.kinds()
    with db.transaction(reported.engine) as session:
        suppressions.lift(session, address="c502@customer.example", reason="works", actor="a", now=LATER)
    reported.receive(second)
    assert reported.count(Bounce) == 2
    assert reported.kinds() == before
    assert reported.count(Suppression, Suppression.lifted_at.is_(None)) == 0


def test_a_bounce_proves_that_an_unknown_message_was_accepted(reported: ReportedEmails) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    reported.receive(reported.report("exim_old_style"))
    assert reported.state(message_id) is MessageState.BOUNCED
    assert reported.kinds()[-5:-3] == ["email_sent", "email_bounced"] or "email_sent" in reported.kinds()


@pytest.mark.parametrize("name", ["postfix_delivered", "postfix_delayed", "sendmail_delayed"])
def test_any_report_resolves_an_unknown_message_to_sent(reported: ReportedEmails, name: str) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    reported.receive(reported.report(name))
    assert reported.state(message_id) is MessageState.SENT
    assert reported.message().settled_at == LATER


def test_a_soft_bounce_is_recorded_and_nothing_else(reported: ReportedEmails) -> None:
    message_id = reported.sent()
    assert reported.receive(reported.report("postfix_delayed")).kind == Kind.SOFT
    assert reported.state(message_id) is MessageState.SENT
    assert reported.kinds()[-1] == "email_delayed"
    assert reported.count(Suppression) == reported.count(ReminderHold) == 0
    assert reported.count(Message) == 1


@pytest.mark.parametrize("name", ["gmail_spam", "office365_mailbox_full", "postfix_expired"])
def test_a_return_that_is_not_the_addresss_fault_suppresses_nobody(
    reported: ReportedEmails, name: str
) -> None:
    message_id = reported.sent()
    reported.receive(reported.report(name))
    assert reported.state(message_id) is MessageState.BOUNCED
    assert reported.count(Suppression) == 0
    assert reported.held(502) == ["bounced"]
    assert reported.count(Message, Message.kind == "notice") == 1


@pytest.mark.parametrize("name", ["postfix_unknown_user", "gmail_not_found", "qmail_unknown_user"])
def test_a_report_with_a_made_up_id_does_nothing(reported: ReportedEmails, name: str) -> None:
    message_id = reported.sent()
    bounce = reported.receive(sample(name))
    assert (bounce.kind, bounce.message_id) == (Kind.UNMATCHED, None)
    assert reported.state(message_id) is MessageState.SENT
    assert reported.count(Suppression) == reported.count(ReminderHold) == 0


def test_a_report_about_another_recipient_that_only_quotes_us_does_nothing(reported: ReportedEmails) -> None:
    message_id = reported.sent()
    raw = reported.report("office365_5_1_351").replace(b"c502@customer", b"boss@customer")
    bounce = reported.receive(raw)
    assert (bounce.kind, bounce.message_id, bounce.recipient) == (
        Kind.UNMATCHED,
        message_id,
        "boss@customer.example",
    )
    assert reported.state(message_id) is MessageState.SENT
    assert reported.count(Suppression) == 0


@pytest.mark.parametrize("name", ["vacation", "outlook_automatic_reply"])
def test_an_automatic_reply_does_nothing(reported: ReportedEmails, name: str) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    assert reported.receive(reported.report(name)).kind == Kind.UNMATCHED
    assert reported.state(message_id) is MessageState.UNKNOWN


def test_a_bounce_of_a_message_that_waits_again_moves_it_nowhere(reported: ReportedEmails) -> None:
    message_id = reported.sent(MessageState.SCHEDULED)
    reported.receive(reported.report("postfix_unknown_user"))
    assert reported.state(message_id) is MessageState.SCHEDULED
    assert reported.count(Suppression) == 1


def test_a_bounced_notice_makes_no_other_notice_and_holds_nothing(reported: ReportedEmails) -> None:
    with db.transaction(reported.engine) as session:
        notices.tell_staff(session, invoice_id=502, about="test", key=1, headline="Look", detail="", now=NOW)
    deliveries.sweep(reported.context)
    raw = reported.report("postfix_unknown_user").replace(b"c502@customer", b"billing@southern-it")
    reported.receive(raw)
    assert reported.message().state is MessageState.BOUNCED
    assert reported.count(Message) == 1
    assert reported.held(502) == []


def test_a_late_bounce_of_an_old_address_does_not_hold_the_new_one(reported: ReportedEmails) -> None:
    reported.sent()
    with db.transaction(reported.engine) as session:
        session.scalars(select(Customer)).one().email = "new@customer.example"
    reported.receive(reported.report("postfix_unknown_user"))
    assert reported.held(502) == []
    assert reported.count(Suppression, Suppression.address == "c502@customer.example") == 1


def test_a_token_is_found_after_the_issuer_changed_its_domain(reported: ReportedEmails) -> None:
    message_id = reported.sent()
    raw = reported.report("postfix_unknown_user").replace(b"Message-ID: <", b"X-Lost: <")
    with db.transaction(reported.engine) as session:
        load_invoice(session, invoice_id=502).issuer.email = "billing@moved.example"
    reported.receive(raw)
    assert reported.state(message_id) is MessageState.BOUNCED


def test_reports_that_come_in_together_count_once(reported: ReportedEmails) -> None:
    reported.second_invoice(503)
    message_id = reported.sent(MessageState.UNKNOWN)
    raws = [reported.report(name) for name in ("postfix_unknown_user", "gmail_not_found")] * 3
    faults: list[Exception] = []

    def work(raw: bytes) -> None:
        try:
            reported.receive(raw)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(raw,)) for raw in raws]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert reported.state(message_id) is MessageState.BOUNCED
    assert reported.count(Bounce) == 2
    assert reported.count(Message, Message.kind == "notice") == 1
    assert reported.count(ReminderHold) == 2
    assert reported.kinds().count("email_sent") == 2  # by the worker, and by the proof


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "box"
    found.mkdir()
    return found


def test_a_maildir_is_emptied_into_done_and_unmatched(reported: ReportedEmails, tmp_path: Path) -> None:
    reported.sent()
    box = tmp_path / "maildir"
    for name in ("new", "cur", "tmp"):
        (box / name).mkdir(parents=True)
    (box / "new" / "1.a").write_bytes(reported.report("postfix_unknown_user"))
    (box / "cur" / "2.b:2,S").write_bytes(sample("vacation"))
    (box / "tmp" / "3.c").write_bytes(b"half")
    (box / "new" / "4.d").symlink_to(box / "tmp" / "3.c")
    (box / "new" / "5.e").mkdir()
    found = bounces.collect(reported.context_at(NOW), box)
    assert found == bounces.Collected(done=1, unmatched=1)
    assert [file.name for file in (box / "done").iterdir()] == ["1.a"]
    assert [file.name for file in (box / "unmatched").iterdir()] == ["2.b:2,S"]
    assert bounces.collect(reported.context_at(NOW), box) == bounces.Collected()


def test_a_plain_folder_keeps_reports_of_the_same_name(reported: ReportedEmails, folder: Path) -> None:
    reported.sent()
    for text in (b"one", b"two"):
        (folder / "bounce.eml").write_bytes(text)
        bounces.collect(reported.context_at(NOW), folder)
    assert sorted(file.name for file in (folder / "unmatched").iterdir()) == ["bounce.eml", "bounce.eml.1"]


def test_a_plain_file_that_may_still_be_written_is_left(reported: ReportedEmails, folder: Path) -> None:
    file = folder / "bounce.eml"
    file.write_bytes(b"half")
    written = NOW.fromtimestamp(file.stat().st_mtime, NOW.tzinfo)
    assert bounces.collect(reported.context_at(written + timedelta(seconds=1)), folder) == bounces.Collected()
    assert bounces.collect(reported.context_at(written + timedelta(seconds=9)), folder).unmatched == 1


def test_a_report_that_fails_stays_and_stops_no_other(reported: ReportedEmails, folder: Path) -> None:
    reported.sent()
    (folder / "a").write_bytes(b"first")
    (folder / "b").write_bytes(reported.report("postfix_unknown_user"))
    calls = iter([True, False])

    def transaction() -> object:
        if next(calls):
            raise OSError("the database is away")
        return db.transaction(reported.engine)

    assert bounces.collect(Context(transaction, lambda: NOW), folder) == bounces.Collected(done=1, failed=1)  # type: ignore[arg-type]
    assert bounces.collect(reported.context_at(NOW), folder) == bounces.Collected(unmatched=1)


@pytest.mark.parametrize("movable", [True, False])
def test_files_that_cannot_be_read_do_not_block_the_folder(
    reported: ReportedEmails, folder: Path, movable: bool
) -> None:
    reported.sent()
    for name in ("a", "b", "c"):
        (folder / name).write_bytes(b"not for us")
    (folder / "z").write_bytes(reported.report("postfix_unknown_user"))
    if not movable:
        (folder / "unreadable").write_bytes(b"a file where the folder should be")

    def read(file: Path) -> bytes:
        if file.name != "z":
            raise PermissionError(13, "Permission denied")
        return file.read_bytes()

    found = bounces.collect(reported.context_at(NOW), folder, limit=1, read=read)
    assert found == bounces.Collected(done=1, failed=3 + (not movable))
    assert (folder / "a").exists() is not movable
    again = bounces.collect(reported.context_at(NOW), folder, limit=1, read=read)
    assert again.failed == (0 if movable else 4)


def test_a_folder_that_is_not_there_is_empty(reported: ReportedEmails, tmp_path: Path) -> None:
    assert bounces.collect(reported.context_at(NOW), tmp_path / "none") == bounces.Collected()


@pytest.mark.parametrize("raw", [b"", b"\0", b"To: \xff\xfe\0\n\n", b"Subject: \xed\xa0\x80\n\n"])
def test_bytes_of_any_kind_are_recorded_as_unmatched(reported: ReportedEmails, raw: bytes) -> None:
    assert reported.receive(raw).kind == Kind.UNMATCHED
