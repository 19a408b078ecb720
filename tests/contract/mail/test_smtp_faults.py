"""SMTP's ways of failing, and the one honest verdict for each."""

from dataclasses import replace

import pytest

from paymail.mail.smtp import SmtpMailer
from paymail.ports.mail import Envelope, Scope, Verdict
from tests.contract.mail.authority import Authority
from tests.contract.mail.sink import DRIBBLE, DROP, GARBAGE, RESET, SILENCE, Sink
from tests.contract.mail.trying import MAIL, attempt, config

BEFORE_THE_DOT = [
    (phase, way)
    for phase in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "body")
    for way in (DROP, RESET, SILENCE, GARBAGE, DRIBBLE)
    # After a garbled EHLO the client says HELO, which is right; a mute server may be writing to its disk.
    if (phase, way) not in {("EHLO", GARBAGE), ("body", SILENCE), ("body", DRIBBLE), ("body", GARBAGE)}
    # The greeting's and EHLO's patience is longer than the sink dribbles.
    if not (phase in ("greeting", "EHLO") and way == DRIBBLE)
]


@pytest.mark.parametrize(("phase", "way"), BEFORE_THE_DOT)
def test_whatever_breaks_before_the_dot_is_tried_again(phase: str, way: str) -> None:
    with Sink(**{phase: way}) as sink:
        outcome, _asked = attempt(sink)
        assert sink.accepted == []
    # A body that is cut may only be noticed at the dot: then nobody can know.
    assert outcome.verdict is Verdict.DEFERRED or (phase == "body" and outcome.verdict is Verdict.UNKNOWN)


@pytest.mark.parametrize(
    "way", [DROP, RESET, SILENCE, GARBAGE, DRIBBLE, "999 what", "150 hm", "354 more?", "-50 ok"]
)
def test_whatever_breaks_after_the_dot_is_unknown(way: str) -> None:
    with Sink(dot=way, accepts="yes") as sink:
        outcome, asked = attempt(sink)
        assert len(sink.accepted) == 1
    assert (outcome.verdict, outcome.phase, asked) == (Verdict.UNKNOWN, "dot", 1)


@pytest.mark.parametrize("security", ["none", "tls"])
@pytest.mark.parametrize("way", [DROP, RESET])
def test_a_server_that_hangs_up_before_the_dot_leaves_no_doubt(
    authority: Authority, security: str, way: str
) -> None:
    with Sink(body=way, tls=authority.context("localhost"), implicit=security == "tls") as sink:
        more = {"host": "localhost", "security": security, "ca_file": str(authority.file)}
        mailer = SmtpMailer(config(sink.port, **more))
        outcome = mailer.deliver(MAIL, lambda: sink.spoke.wait(5))
        mailer.close()
        assert sink.accepted == []
    assert outcome.verdict is Verdict.DEFERRED


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("451 4.3.2 a stray reply", Verdict.DEFERRED),
        ("552 5.3.4 too much", Verdict.FAILED),
        ("421 4.4.2 time out", Verdict.DEFERRED),
        ("250 2.0.0 nothing to thank for", Verdict.DEFERRED),
        ("what", Verdict.DEFERRED),
    ],
)
def test_a_reply_before_the_dot_is_not_taken_for_the_answer_to_it(words: str, verdict: Verdict) -> None:
    with Sink(body=words) as sink:
        mailer = SmtpMailer(config(sink.port))
        outcome = mailer.deliver(MAIL, lambda: sink.spoke.wait(5))
        assert sink.accepted == []
        del sink.script["body"]
        assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.SENT
        mailer.close()
    assert (outcome.verdict, outcome.phase) == (verdict, "body")


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize(
    ("code", "verdict"), [("451", Verdict.DEFERRED), ("421", Verdict.DEFERRED), ("550", Verdict.FAILED)]
)
def test_refusals_are_temporary_or_final_as_the_server_says(phase: str, code: str, verdict: Verdict) -> None:
    with Sink(**{phase: f"{code} 4.7.1 the reason"}) as sink:
        outcome, asked = attempt(sink)
        assert sink.accepted == []
    assert (outcome.verdict, outcome.code, asked) == (verdict, int(code), int(phase == "dot"))
    assert "the reason" in outcome.detail


def test_one_bad_recipient_of_two_does_not_stop_the_other() -> None:
    mail = Envelope("<1@x.example>", "b@h.example", ("bad@x.example", "good@x.example"), MAIL.mime)
    with Sink(**{"RCPT bad@x.example": "550 nobody"}) as sink:
        outcome, _ = attempt(sink, mail)
    assert outcome.verdict is Verdict.SENT
    assert list(outcome.refused) == ["bad@x.example"]


@pytest.mark.parametrize("way", [DROP, GARBAGE, "421 going down"])
def test_a_server_that_gives_up_between_recipients_gets_the_mail_again_whole(way: str) -> None:
    mail = Envelope("<1@x.example>", "b@h.example", ("good@x.example", "late@x.example"), MAIL.mime)
    with Sink(**{"RCPT late@x.example": way}) as sink:
        outcome, asked = attempt(sink, mail)
        assert sink.accepted == []
    assert (outcome.verdict, asked) == (Verdict.DEFERRED, 0)


def test_some_of_several_recipients_deferred_are_named_beside_those_that_got_it() -> None:
    mail = Envelope("<1@x.example>", "b@h.example", ("busy@x.example", "good@x.example"), MAIL.mime)
    with Sink(**{"RCPT busy@x.example": "450 4.2.1 busy"}) as sink:
        outcome, _ = attempt(sink, mail)
    assert outcome.verdict is Verdict.SENT
    assert outcome.refused == {"busy@x.example": "450 4.2.1 busy"}


@pytest.mark.parametrize(
    ("reply", "verdict"), [("450 busy", Verdict.DEFERRED), ("550 nobody", Verdict.FAILED)]
)
def test_a_copy_that_is_taken_is_no_delivery(reply: str, verdict: Verdict) -> None:
    both = ("customer@x.example", "books@x.example")
    mail = Envelope("<1@x.example>", "b@h.example", both, MAIL.mime, copies=frozenset({"books@x.example"}))
    with Sink(**{"RCPT customer@x.example": reply}) as sink:
        outcome, asked = attempt(sink, mail)
        assert sink.accepted == []
    assert (outcome.verdict, asked) == (verdict, 0)
    with Sink(**{"RCPT books@x.example": "550 nobody"}) as sink:
        outcome, _ = attempt(sink, mail)
    assert (outcome.verdict, list(outcome.refused)) == (Verdict.SENT, ["books@x.example"])


def test_copies_alone_never_make_the_mailer_raise() -> None:
    mail = Envelope(
        "<1@x.example>", "b@h.example", ("a@x.example",), MAIL.mime, copies=frozenset({"a@x.example"})
    )
    with Sink(**{"RCPT a@x.example": "550 nobody"}) as sink:
        outcome, _ = attempt(sink, mail)
    assert outcome.verdict is Verdict.FAILED


def test_when_all_recipients_are_refused_one_temporary_refusal_is_reason_to_retry() -> None:
    mail = Envelope("<1@x.example>", "b@h.example", ("bad@x.example", "busy@x.example"), MAIL.mime)
    with Sink(**{"RCPT bad@x.example": "550 nobody", "RCPT busy@x.example": "450 busy"}) as sink:
        outcome, _ = attempt(sink, mail)
    assert outcome.verdict is Verdict.DEFERRED


@pytest.mark.parametrize("way", ["421 go away", DROP, SILENCE, GARBAGE])
def test_trouble_at_quit_does_not_undo_a_delivery(way: str) -> None:
    with Sink(QUIT=way) as sink:
        outcome, _ = attempt(sink)
        assert len(sink.accepted) == 1
    assert outcome.verdict is Verdict.SENT


def test_a_mail_larger_than_the_server_takes_fails_before_it_is_sent() -> None:
    with Sink(EHLO="250-sink\r\n250 SIZE 10") as sink:
        outcome, _ = attempt(sink)
    assert (outcome.verdict, outcome.code) == (Verdict.FAILED, 552)


@pytest.mark.parametrize(
    "address",
    ["a@b.example> SIZE=1", "a@b.example\r\nRSET", "a b@c.example", "<a@b.example>", "a", "\ud800@b"],
)
@pytest.mark.parametrize("where", ["sender", "recipients"])
def test_an_address_that_could_become_a_command_is_never_spoken(address: str, where: str) -> None:
    mail = replace(MAIL, **{where: address if where == "sender" else ("a@b.example", address)})
    with Sink() as sink:
        outcome, _ = attempt(sink, mail)
        assert sink.commands == []
    assert (outcome.verdict, outcome.scope) == (Verdict.FAILED, Scope.MESSAGE)


def test_a_mail_to_nobody_fails() -> None:
    with Sink() as sink:
        outcome, _ = attempt(sink, replace(MAIL, recipients=()))
    assert outcome.verdict is Verdict.FAILED


@pytest.mark.parametrize("start", [b".", b"..", b"\xc3\xa9."])
def test_lines_as_long_as_mail_allows_arrive_as_they_were(start: bytes) -> None:
    lines = [start + b"x" * (998 - len(start)), b".", b"..", b"end"]
    mime = b"Subject: x\r\n\r\n" + b"\r\n".join(lines) + b"\r\n"
    with Sink() as sink:
        outcome, _ = attempt(sink, replace(MAIL, mime=mime))
        assert (outcome.verdict, sink.accepted) == (Verdict.SENT, [mime])


def test_bare_line_ends_cannot_smuggle_a_second_mail() -> None:
    mime = b"Subject: x\r\n\r\na\n.\nMAIL FROM:<evil@x.example>\r.\rb\r\n"
    with Sink() as sink:
        outcome, _ = attempt(sink, replace(MAIL, mime=mime))
        assert outcome.verdict is Verdict.SENT
        assert sink.accepted == [mime.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")]
        assert sum(command.startswith("mail") for command in sink.commands) == 1


def test_nobody_listening_is_worth_another_try() -> None:
    mailer = SmtpMailer(config(9))
    assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.DEFERRED
