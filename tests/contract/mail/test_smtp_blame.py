"""A deferral says what it is about: this message, its destination, or our own mail server."""

import pytest

from paymail.mail.replies import clean, enhanced_status
from paymail.mail.smtp import SmtpMailer
from paymail.ports.mail import Scope, Verdict
from tests.conftest import free_port
from tests.contract.mail.sink import DROP, GARBAGE, RESET, SILENCE, Sink
from tests.contract.mail.trying import MAIL, attempt, config

MESSAGE, DESTINATION, RELAY = Scope.MESSAGE, Scope.DESTINATION, Scope.RELAY

REPLIES = [
    ("greeting", "421 4.3.2 busy", RELAY),
    ("greeting", "554 5.7.1 go away", RELAY),
    ("MAIL", "421 4.7.0 too many connections", RELAY),
    ("MAIL", "451 4.3.0 lookup failed", RELAY),
    ("MAIL", "452 4.3.1 disk full", RELAY),
    ("MAIL", "450 later", RELAY),
    ("MAIL", "450 4.1.8 sender's domain not found", MESSAGE),
    ("MAIL", "452 4.2.2 sender over quota", MESSAGE),
    ("MAIL", "530 5.7.0 must issue STARTTLS first", RELAY),
    ("MAIL", "530 5.7.1 authentication required", RELAY),
    ("RCPT", "421 4.7.0 too much from you", RELAY),
    ("RCPT", "450 greylisted", DESTINATION),
    ("RCPT", "451 4.7.1 greylisted", DESTINATION),
    ("RCPT", "451 4.4.3 its DNS does not answer", DESTINATION),
    ("RCPT", "452 4.3.1 disk full", DESTINATION),
    ("RCPT", "450 4.1.1 unverified", MESSAGE),
    ("RCPT", "450 4.2.0 greylisted for this mailbox", MESSAGE),
    ("RCPT", "452 4.2.2 mailbox full", MESSAGE),
    ("RCPT", "452 4.5.3 too many recipients", MESSAGE),
    ("RCPT", "452 too many recipients", MESSAGE),
    ("DATA", "421 closing", RELAY),
    ("DATA", "451 local error", MESSAGE),
    ("DATA", "451 4.3.0 queue unavailable", RELAY),
    ("dot", "451 later", MESSAGE),
    ("dot", "421 closing", MESSAGE),
    ("dot", "452 4.3.1 disk full", RELAY),
    ("dot", "421 4.3.2 shutting down", RELAY),
    ("dot", "451 4.4.1 no route", DESTINATION),
    ("dot", "421 4.7.28 unusual rate", DESTINATION),
    ("dot", "451 4.6.0 cannot convert", MESSAGE),
    ("dot", "450 4.2.2 mailbox full", MESSAGE),
    ("dot", "451 5.3.0 contradicts itself", MESSAGE),
]


@pytest.mark.parametrize(("phase", "reply", "scope"), REPLIES)
def test_a_deferral_blames_what_the_reply_is_about(phase: str, reply: str, scope: Scope) -> None:
    with Sink(**{phase: reply}) as sink:
        outcome, _ = attempt(sink)
    assert (outcome.verdict, outcome.scope) == (Verdict.DEFERRED, scope)
    assert outcome.code == int(reply[:3])


@pytest.mark.parametrize("way", [DROP, RESET, SILENCE, GARBAGE])
@pytest.mark.parametrize(
    ("phase", "scope"), [("greeting", RELAY), ("MAIL", RELAY), ("RCPT", MESSAGE), ("DATA", MESSAGE)]
)
def test_a_lost_connection_blames_the_relay_until_a_recipient_was_named(
    phase: str, way: str, scope: Scope
) -> None:
    with Sink(**{phase: way}) as sink:
        outcome, _ = attempt(sink)
    assert (outcome.verdict, outcome.scope) == (Verdict.DEFERRED, scope)


def test_a_relay_that_is_down_or_has_no_name_is_to_blame() -> None:
    for more in ({"port": free_port()}, {"host": "a..b.invalid"}, {"host": ""}):
        outcome = SmtpMailer(config(**({"port": 9} | more))).deliver(MAIL, lambda: True)  # type: ignore[arg-type]
        assert (outcome.verdict, outcome.scope, outcome.phase) == (Verdict.DEFERRED, RELAY, "connect")


def test_a_final_refusal_is_about_the_message_and_keeps_its_status() -> None:
    with Sink(RCPT="550 5.1.1 nobody of that name") as sink:
        outcome, _ = attempt(sink)
    assert (outcome.verdict, outcome.scope, outcome.status) == (Verdict.FAILED, MESSAGE, "5.1.1")


def test_an_accepted_mail_keeps_its_status_too() -> None:
    with Sink(dot="250 2.0.0 queued") as sink:
        outcome, _ = attempt(sink)
    assert (outcome.verdict, outcome.status) == (Verdict.SENT, "2.0.0")


@pytest.mark.parametrize(
    ("code", "reply", "status"),
    [
        (450, b"4.2.2 full", "4.2.2"),
        (450, b"4.2.2", "4.2.2"),
        (421, b"4.7.28\nmore lines", "4.7.28"),
        (550, b"5.7.515 access denied", "5.7.515"),
        (550, b"4.2.2 contradicts the code", ""),
        (450, b"mailbox 4.2.2", ""),
        (450, b"4.2", ""),
        (421, b"4.3.2.1 is on a list", ""),
        (450, b"4.2.2222", ""),
        (450, b"", ""),
        (-1, b"4.2.2", ""),
    ],
)
def test_the_enhanced_status_is_read_where_it_stands_first(code: int, reply: bytes, status: str) -> None:
    assert enhanced_status(code, reply) == status


def test_what_a_server_says_becomes_one_short_printable_line() -> None:
    assert clean("jörg\x00\r\n\x1b[31m\u202eunknown\xff".encode() + b"\xff") == "jörg [31m unknownÿ\ufffd"
    assert len(clean(b"x" * 5000)) == 300
