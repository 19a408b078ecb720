"""A connection carries many mails, and one that has died in between costs none of them anything."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from paymail.mail.smtp import SmtpMailer
from paymail.ports.mail import Outcome, Verdict
from tests.contract.mail.authority import Authority
from tests.contract.mail.sink import DROP, GARBAGE, RESET, SILENCE, Sink
from tests.contract.mail.trying import MAIL, config


@contextmanager
def client(sink: Sink, **more: object) -> Iterator[SmtpMailer]:
    with closing(SmtpMailer(config(sink.port, **more))) as mailer:
        yield mailer


def send(mailer: SmtpMailer) -> Outcome:
    return mailer.deliver(MAIL, lambda: True)


def test_a_connection_is_reused() -> None:
    with Sink() as sink, client(sink) as mailer:
        assert {send(mailer).verdict for _ in range(5)} == {Verdict.SENT}
        assert (len(sink.accepted), sink.connections) == (5, 1)
        assert sink.commands.count("rset") == 4


def test_a_connection_is_reused_through_tls(authority: Authority) -> None:
    more = {"host": "localhost", "security": "tls", "ca_file": str(authority.file)}
    with Sink(tls=authority.context("localhost"), implicit=True) as sink, client(sink, **more) as mailer:
        assert {send(mailer).verdict for _ in range(5)} == {Verdict.SENT}
        assert (len(sink.accepted), sink.connections) == (5, 1)


def test_a_connection_is_left_after_a_hundred_mails() -> None:
    with Sink() as sink, client(sink) as mailer:
        assert {send(mailer).verdict for _ in range(101)} == {Verdict.SENT}
        assert (sink.connections, sink.commands.count("quit")) == (2, 1)


def test_a_connection_that_idled_too_long_is_left_politely() -> None:
    with Sink() as sink, client(sink, reuse_seconds=0.0) as mailer:
        assert {send(mailer).verdict for _ in range(3)} == {Verdict.SENT}
        assert (sink.connections, sink.commands.count("quit")) == (3, 2)


@pytest.mark.parametrize("security", ["none", "tls"])
@pytest.mark.parametrize("way", [DROP, RESET, "421 4.4.2 idle for too long"])
def test_a_server_that_hung_up_while_idle_costs_no_attempt(
    authority: Authority, security: str, way: str
) -> None:
    more = {"host": "localhost", "security": security, "ca_file": str(authority.file)}
    tls = authority.context("localhost")
    with Sink(tls=tls, implicit=security == "tls", idle=way) as sink, client(sink, **more) as mailer:
        for _ in range(3):
            assert send(mailer).verdict is Verdict.SENT
            assert sink.spoke.wait(5)
        assert (len(sink.accepted), sink.connections) == (3, 3)


def test_a_server_that_answers_twice_is_not_believed_in_the_next_mail() -> None:
    with Sink(idle="250 2.0.0 queued once more") as sink, client(sink) as mailer:
        for _ in range(2):
            assert send(mailer).verdict is Verdict.SENT
            assert sink.spoke.wait(5)
        assert (len(sink.accepted), sink.connections) == (2, 2)


@pytest.mark.parametrize("phase", ["RSET", "MAIL"])
@pytest.mark.parametrize("way", [DROP, RESET, SILENCE, GARBAGE, "421 4.3.2 going down"])
def test_a_stale_connection_is_replaced_before_anything_is_reported(phase: str, way: str) -> None:
    with Sink() as sink, client(sink) as mailer:
        assert send(mailer).verdict is Verdict.SENT
        sink.once[phase] = [way]
        assert send(mailer).verdict is Verdict.SENT
        assert (len(sink.accepted), sink.connections) == (2, 2)


def test_a_server_that_refuses_rset_gets_a_new_connection() -> None:
    with Sink(RSET="500 what") as sink, client(sink) as mailer:
        assert {send(mailer).verdict for _ in range(2)} == {Verdict.SENT}
        assert sink.connections == 2


def test_a_real_answer_to_mail_on_a_kept_connection_is_reported_at_once() -> None:
    with Sink() as sink, client(sink) as mailer:
        send(mailer)
        sink.once["MAIL"] = ["451 4.3.0 not now"]
        assert send(mailer).verdict is Verdict.DEFERRED
        assert sink.connections == 1


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "dot"])
@pytest.mark.parametrize("code", ["450", "550"])
def test_a_refused_mail_leaves_the_connection_to_the_next(phase: str, code: str) -> None:
    with Sink() as sink, client(sink) as mailer:
        sink.once[phase] = [f"{code} not this one"]
        assert send(mailer).verdict in (Verdict.DEFERRED, Verdict.FAILED)
        assert send(mailer).verdict is Verdict.SENT
        assert (len(sink.accepted), sink.connections) == (1, 1)


def test_a_421_after_the_dot_ends_the_connection_and_the_next_mail_goes_out() -> None:
    with Sink() as sink, client(sink) as mailer:
        sink.once["dot"] = ["421 too much"]
        assert send(mailer).verdict is Verdict.DEFERRED
        assert send(mailer).verdict is Verdict.SENT
        assert (len(sink.accepted), sink.connections) == (1, 2)


def test_a_mail_that_was_stopped_is_not_completed_by_the_next_one() -> None:
    with Sink() as sink, client(sink) as mailer:
        assert mailer.deliver(MAIL, lambda: False).verdict is Verdict.STOPPED
        assert send(mailer).verdict is Verdict.SENT
        assert (sink.accepted, sink.connections) == ([MAIL.mime], 2)
