"""The relay's log proves acceptance, never the opposite; it is followed through rotation and crashes."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from paymail.models import Bounce, Message, MessageState, Suppression
from paymail.services.bounces import relay_log_follower
from paymail.services.bounces.relay_log import Fact, facts, understood
from tests.factories import NOW
from tests.services.reported_emails import ReportedEmails

STAMPS = {
    "syslog": "Mar 17 01:00:0{} mx",
    "rfc3339": "2026-03-17T01:00:0{}.123456+00:00 mx",
    "padded": "Mar  7 01:00:0{} mx",
    "unpadded": "Mar 7 01:00:0{} mx",
    "German": "Mär 17 01:00:0{} mx",
    "French": "17 févr. 01:00:0{} mx",
    "Japanese": "3月 17 01:00:0{} mx",
    "with its year": "Mar 17 2026 01:00:0{}.5 mx",
    "a date and a time": "2026-03-17 01:00:0{} mx",
}
QUEUE = "4ABCD12345"


@pytest.fixture
def reported(engine: Engine) -> ReportedEmails:
    return ReportedEmails(engine)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    folder = tmp_path / "log"
    folder.mkdir()
    return folder / "mail.log"


def cleanup(reported: ReportedEmails, queue: str = QUEUE, stamp: str = "syslog") -> str:
    at = STAMPS[stamp].format(1)
    return f"{at} postfix/cleanup[123]: {queue}: message-id={reported.message().header_id}\n"


def queued(queue: str = QUEUE, stamp: str = "syslog") -> str:
    at = STAMPS[stamp].format(2)
    return f"{at} postfix/qmgr[99]: {queue}: from=<b+x@pay.example>, size=2345, nrcpt=1 (queue active)\n"


def tried(status: str, dsn: str, words: str, queue: str = QUEUE, stamp: str = "syslog") -> str:
    at = STAMPS[stamp].format(3)
    return (
        f"{at} postfix/smtp[77]: {queue}: to=<c502@customer.example>, relay=mail.example[192.0.2.25]:25,"
        f" delay=0.5, delays=0.1/0/0.2/0.2, dsn={dsn}, status={status} ({words})\n"
    )


def prove(reported: ReportedEmails, log: Path, *lines: str) -> int:
    log.write_text("".join(lines))
    return relay_log_follower.prove(reported.context_at(NOW), log)


@pytest.mark.parametrize("stamp", STAMPS)
def test_a_message_that_was_queued_was_accepted(reported: ReportedEmails, log: Path, stamp: str) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    assert prove(reported, log, cleanup(reported, stamp=stamp), queued(stamp=stamp)) == 1
    assert reported.state(message_id) is MessageState.SENT
    assert QUEUE in reported.message().reason
    assert prove(reported, log, cleanup(reported, stamp=stamp), queued(stamp=stamp)) == 0


@pytest.mark.parametrize("status", ["sent", "deferred"])
def test_a_try_of_the_relay_proves_it_too(reported: ReportedEmails, log: Path, status: str) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    prove(reported, log, cleanup(reported), tried(status, "2.0.0", "whatever"))
    assert reported.state(message_id) is MessageState.SENT


def test_what_was_returned_bounced(reported: ReportedEmails, log: Path) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    line = tried("bounced", "5.1.1", "host mail said: 550 5.1.1 User unknown (in reply to RCPT TO command)")
    assert prove(reported, log, cleanup(reported), queued(), line) == 1
    assert reported.state(message_id) is MessageState.BOUNCED
    assert reported.count(Suppression) == 1
    before = reported.kinds()
    assert prove(reported, log, cleanup(reported), queued(), line) == 0
    assert reported.kinds() == before


@pytest.mark.parametrize("status", ["expired", "force-expired"])
def test_what_expired_is_a_hard_bounce_that_suppresses_nothing(
    reported: ReportedEmails, log: Path, status: str
) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    at, came_in = STAMPS["syslog"].format(4), cleanup(reported)
    gone = f"{at} postfix/qmgr[99]: {QUEUE}: from=<b+x@pay.example>, status={status}, returned to sender\n"
    assert prove(reported, log, came_in, queued(), tried("deferred", "4.4.1", "timed out"), gone) == 1
    assert reported.state(message_id) is MessageState.BOUNCED
    assert reported.held(502) == ["bounced"]
    assert reported.count(Suppression) == 0
    assert status in reported.message().detail
    assert prove(reported, log, came_in, gone) == 0


def test_where_an_alias_led_to_is_not_our_address(reported: ReportedEmails, log: Path) -> None:
    reported.sent()
    line = tried("bounced", "5.1.1", "host mail said: 550 5.1.1 User unknown")
    line = line.replace("to=<c502@customer.example>", "to=<x@other.example>, orig_to=<c502@customer.example>")
    prove(reported, log, cleanup(reported), line)
    assert reported.held(502) == ["bounced"]
    assert reported.count(Suppression) == 0


@pytest.mark.parametrize("name", ["postfix-out", "mail2", "postfix/relay"])
def test_an_instance_may_have_any_name(reported: ReportedEmails, log: Path, name: str) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    first = "postfix" if name == "postfix/relay" else name
    lines = cleanup(reported).replace("postfix/", f"{first}/"), queued().replace("postfix/", f"{name}/")
    assert prove(reported, log, *lines) == 1
    assert reported.state(message_id) is MessageState.SENT


def test_two_instances_may_use_the_same_queue_id(reported: ReportedEmails, log: Path) -> None:
    message_id = reported.sent()
    line = tried("bounced", "5.1.1", "host mail said: 550 5.1.1 User unknown")
    prove(reported, log, cleanup(reported), line.replace("postfix/", "postfix-in/"))
    assert reported.state(message_id) is MessageState.SENT


def test_a_bounce_in_the_log_counts_for_a_sent_message_and_is_told_once(
    reported: ReportedEmails, log: Path
) -> None:
    message_id = reported.sent()
    prove(reported, log, cleanup(reported), tried("bounced", "5.7.1", "host said: 550 5.7.1 spam"))
    reported.receive(reported.report("gmail_spam"))
    assert reported.state(message_id) is MessageState.BOUNCED
    assert reported.count(Suppression) == 0
    assert reported.count(Message, Message.kind == "notice") == 1


def test_a_message_that_only_began_to_come_in_is_not_proven(reported: ReportedEmails, log: Path) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    assert prove(reported, log, cleanup(reported)) == 0
    assert prove(reported, log, queued()) == 0
    assert prove(reported, log, cleanup(reported, "4OTHER0000"), queued()) == 0
    assert reported.state(message_id) is MessageState.UNKNOWN


@pytest.mark.parametrize("state", [MessageState.SENT, MessageState.FAILED, MessageState.SCHEDULED])
def test_what_is_not_in_doubt_is_left_alone(reported: ReportedEmails, log: Path, state: MessageState) -> None:
    message_id = reported.sent(state)
    assert prove(reported, log, cleanup(reported), queued(), tried("sent", "2.0.0", "ok")) == 0
    assert reported.state(message_id) is state
    assert reported.count(Bounce) == 0


def test_a_log_is_followed_as_it_grows(reported: ReportedEmails, log: Path, tmp_path: Path) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    memory = tmp_path / "relay_log.json"

    def follow() -> int:
        return relay_log_follower.follow(reported.context_at(NOW), log, memory)

    log.write_text(cleanup(reported) + queued()[:30])
    assert follow() == 0
    with log.open("a") as more:
        more.write(queued()[30:])
    assert follow() == 1
    assert follow() == 0
    assert reported.state(message_id) is MessageState.SENT


@pytest.mark.parametrize("way", ["rotated", "truncated", "truncated and longer", "memory broken"])
def test_no_line_is_lost_when_the_log_changes_under_the_reader(
    reported: ReportedEmails, log: Path, tmp_path: Path, way: str
) -> None:
    message_id = reported.sent(MessageState.UNKNOWN)
    memory = tmp_path / "relay_log.json"
    noise = "Mar 17 00:00:00 mx postfix/smtpd[1]: connect from unknown\n"
    log.write_text(noise * 20)
    relay_log_follower.follow(reported.context_at(NOW), log, memory)
    if way == "rotated":
        with log.open("a") as more:
            more.write(cleanup(reported))
        log.rename(log.with_name("mail.log.1"))
        log.write_text(queued())
    elif way == "truncated":
        log.write_text(cleanup(reported) + queued())
    elif way == "truncated and longer":
        log.write_text(cleanup(reported) + queued() + noise * 40)
    else:
        memory.write_text("{")
        log.write_text(cleanup(reported) + queued())
    assert relay_log_follower.follow(reported.context_at(NOW), log, memory) == 1
    assert reported.state(message_id) is MessageState.SENT


def test_lines_of_any_kind_are_passed_over(reported: ReportedEmails, log: Path) -> None:
    log.write_bytes(b"\xff\xfe\0\n\n" + b"x" * 3_000_000 + b"\nMar 17 postfix/qmgr[1]: A: removed\n")
    assert relay_log_follower.prove(reported.context_at(NOW), log) == 0


def test_lines_in_a_way_that_is_not_read_are_counted() -> None:
    read = [cleanup_line.strip() for cleanup_line in (queued(), queued(stamp="rfc3339"))]
    unread = [
        '{"SYSLOG_IDENTIFIER":"postfix/qmgr","MESSAGE":"4ABCDE: removed"}',
        "<22>1 2026-03-17T01:00:02Z mx postfix/qmgr 99 - - 4ABCD12345: removed",
    ]
    noise = ["Mar 17 00:00:00 mx postfix/smtpd[1]: connect from unknown", "Mar 17 00:00:00 mx sshd[1]: hello"]
    assert understood(read + noise) == (2, 2)
    assert understood(unread + noise) == (0, 2)


def test_open_queues_are_forgotten_when_removed_and_bounded() -> None:
    name = "<0123456789abcdef01234567@a.example>"
    line = f"Mar 17 01:00:01 mx postfix/cleanup[1]: {{}}: message-id={name}"
    queues: dict[str, str] = {}
    found = list(facts([line.format("AAAAAA"), queued("AAAAAA").strip()], queues))
    assert found == [Fact(name, "AAAAAA")]
    list(facts(["Mar 17 01:00:04 mx postfix/qmgr[9]: AAAAAA: removed"], queues))
    assert queues == {}
    list(facts((line.format(f"Q{n:09d}") for n in range(10_050)), queues))
    assert len(queues) == 10_000


def test_the_log_of_one_process_is_read_by_one_at_a_time(
    reported: ReportedEmails, log: Path, tmp_path: Path
) -> None:
    reported.sent(MessageState.UNKNOWN)
    log.write_text(cleanup(reported) + queued())
    memory = tmp_path / "relay_log.json"
    with relay_log_follower._alone(memory) as mine:
        assert mine
        assert relay_log_follower.follow(reported.context_at(NOW), log, memory) == 0
    assert relay_log_follower.follow(reported.context_at(NOW), log, memory) == 1
