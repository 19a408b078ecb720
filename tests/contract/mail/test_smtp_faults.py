"""SMTP's ways of failing, and the one honest verdict for each."""

import ssl
from pathlib import Path

import pytest
import trustme

from paymail.mail.smtp import SmtpConfig, SmtpMailer
from paymail.ports import Envelope, Outcome, Verdict
from tests.contract.mail.sink import DROP, GARBAGE, RESET, SILENCE, Sink

MAIL = Envelope("<1@x.example>", "billing@host.example", ("a@b.example",), b"Subject: x\r\n\r\nhello\r\n")


def config(port: int, **more: object) -> SmtpConfig:
    fast = {"timeout_connect": 2.0, "timeout_command": 0.5, "timeout_final": 0.5}
    return SmtpConfig(**({"host": "127.0.0.1", "port": port, "security": "none"} | fast | more))  # type: ignore[arg-type]


def attempt(sink: Sink, mail: Envelope = MAIL) -> tuple[Outcome, int]:
    """Deliver once; return the outcome and how often the handover was asked for."""
    asked: list[bool] = []
    mailer = SmtpMailer(config(sink.port))
    outcome = mailer.deliver(mail, lambda: asked.append(True) or True)  # type: ignore[func-returns-value]
    mailer.close()
    return outcome, len(asked)


BEFORE_THE_DOT = [
    (phase, way)
    for phase in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "body")
    for way in (DROP, RESET, SILENCE, GARBAGE)
    # After a garbled EHLO the client says HELO, which is right; inside DATA a server does not speak.
    if (phase, way) not in {("EHLO", GARBAGE), ("body", GARBAGE), ("body", SILENCE)}
]


@pytest.mark.parametrize(("phase", "way"), BEFORE_THE_DOT)
def test_whatever_breaks_before_the_dot_is_tried_again(phase: str, way: str) -> None:
    with Sink(**{phase: way}) as sink:
        outcome, _asked = attempt(sink)
        assert sink.accepted == []
    # A body that is cut may only be noticed at the dot: then nobody can know.
    assert outcome.verdict is Verdict.DEFERRED or (phase == "body" and outcome.verdict is Verdict.UNKNOWN)


@pytest.mark.parametrize("way", [DROP, RESET, SILENCE, GARBAGE, "999 what", "150 hm", "354 more?"])
def test_whatever_breaks_after_the_dot_is_unknown(way: str) -> None:
    with Sink(dot=way, accepts="yes") as sink:
        outcome, asked = attempt(sink)
        assert len(sink.accepted) == 1
    assert (outcome.verdict, outcome.phase, asked) == (Verdict.UNKNOWN, "dot", 1)


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


def test_a_stale_connection_is_replaced_before_the_next_mail() -> None:
    with Sink() as sink:
        mailer = SmtpMailer(config(sink.port))
        assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.SENT
        sink.script["RSET"] = DROP
        assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.SENT
        mailer.close()
        assert (len(sink.accepted), sink.connections) == (2, 2)


def test_a_connection_is_reused() -> None:
    with Sink() as sink:
        mailer = SmtpMailer(config(sink.port))
        for _ in range(5):
            mailer.deliver(MAIL, lambda: True)
        mailer.close()
        assert (len(sink.accepted), sink.connections) == (5, 1)


def test_a_421_after_the_dot_ends_the_connection_and_the_next_mail_goes_out() -> None:
    with Sink(dot="421 too much") as sink:
        mailer = SmtpMailer(config(sink.port))
        assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.DEFERRED
        del sink.script["dot"]
        assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.SENT
        mailer.close()
        assert (len(sink.accepted), sink.connections) == (1, 2)


def test_a_mail_larger_than_the_server_takes_fails_before_it_is_sent() -> None:
    with Sink(EHLO="250-sink\r\n250 SIZE 10") as sink:
        outcome, _ = attempt(sink)
    assert (outcome.verdict, outcome.code) == (Verdict.FAILED, 552)


def test_nobody_listening_is_worth_another_try() -> None:
    mailer = SmtpMailer(config(9))
    assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.DEFERRED


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    ca = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(file)
    return ca, file


def server_context(ca: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_verified_server_gets_the_login_and_the_mail(
    authority: tuple[trustme.CA, Path], security: str
) -> None:
    ca, file = authority
    greeting = "250-sink\r\n250-STARTTLS\r\n250 AUTH PLAIN"
    with Sink(tls=server_context(ca, "localhost"), implicit=security == "tls", EHLO=greeting) as sink:
        mailer = SmtpMailer(
            config(
                sink.port, host="localhost", security=security, ca_file=str(file), username="u", password="p"
            )
        )
        assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.SENT
        mailer.close()
        assert any(command.startswith("AUTH PLAIN") for command in sink.commands)


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("fault", ["wrong name", "unknown authority"])
def test_an_unverified_server_gets_nothing(
    authority: tuple[trustme.CA, Path], security: str, fault: str
) -> None:
    ca, file = authority
    signer, name = (ca, "other.example") if fault == "wrong name" else (trustme.CA(), "localhost")
    with Sink(tls=server_context(signer, name), implicit=security == "tls", EHLO="250 STARTTLS") as sink:
        mailer = SmtpMailer(config(sink.port, host="localhost", security=security, ca_file=str(file)))
        outcome = mailer.deliver(MAIL, lambda: True)
        assert outcome.verdict is Verdict.DEFERRED
        assert sink.accepted == []


def test_a_server_without_starttls_gets_no_password(authority: tuple[trustme.CA, Path]) -> None:
    with Sink() as sink:
        mailer = SmtpMailer(config(sink.port, security="starttls", username="u", password="p"))
        assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.DEFERRED
        assert not any(command.startswith("AUTH") for command in sink.commands)


def test_a_refused_login_is_worth_another_try_and_hides_the_password() -> None:
    with Sink(EHLO="250-sink\r\n250 AUTH PLAIN", AUTH="535 bad credentials") as sink:
        mailer = SmtpMailer(config(sink.port, username="u", password="hunter2hunter2"))
        outcome = mailer.deliver(MAIL, lambda: True)
    assert outcome.verdict is Verdict.DEFERRED
    assert "hunter2" not in repr(outcome) + repr(mailer._config)
