"""Who gets the mail and the password: only a server that proves its name, and only through TLS."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from paymail.errors import Misconfigured
from paymail.mail.smtp import SmtpMailer
from paymail.ports.mail import Outcome, Scope, Verdict
from tests.contract.mail.authority import Authority, make_authority
from tests.contract.mail.sink import GARBAGE, SILENCE, Sink
from tests.contract.mail.trying import attempt, config

LOGIN = {"username": "u", "password": "hunter2hunter2"}
OFFER = "250-sink\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"
BOTH = pytest.mark.parametrize("security", ["starttls", "tls"])


def tried(sink: Sink, authority: Authority, **more: object) -> Outcome:
    trusting = {"host": "localhost", "ca_file": str(authority.file)}
    return attempt(sink, **(trusting | more))[0]


def assert_nothing_given_away(sink: Sink, outcome: Outcome) -> None:
    said = " ".join(sink.commands).upper()
    assert "AUTH" not in said
    assert "MAIL" not in said
    assert sink.accepted == []
    assert (outcome.verdict, outcome.scope) == (Verdict.DEFERRED, Scope.RELAY)


@BOTH
def test_a_verified_server_gets_the_login_and_the_mail(authority: Authority, security: str) -> None:
    with Sink(tls=authority.context("localhost"), implicit=security == "tls", EHLO=OFFER) as sink:
        outcome = tried(sink, authority, security=security, **LOGIN)
        assert outcome.verdict is Verdict.SENT
        assert any(command.startswith("AUTH PLAIN") for command in sink.commands)


def test_what_was_offered_before_tls_is_forgotten(authority: Authority) -> None:
    with Sink(tls=authority.context("localhost")) as sink:
        sink.once["EHLO"] = ["250-sink\r\n250-STARTTLS\r\n250-DSN\r\n250 AUTH PLAIN", "250 sink"]
        outcome = tried(sink, authority, security="starttls")
        assert outcome.verdict is Verdict.SENT
        assert sum(command.startswith("ehlo") for command in sink.commands) == 2
        assert not any("NOTIFY" in command or "RET=" in command for command in sink.commands)


@BOTH
def test_a_certificate_for_another_name_is_refused(authority: Authority, security: str) -> None:
    with Sink(tls=authority.context("other.example"), implicit=security == "tls", EHLO=OFFER) as sink:
        outcome = tried(sink, authority, security=security, **LOGIN)
        assert "Hostname mismatch" in outcome.detail
        assert_nothing_given_away(sink, outcome)


@BOTH
def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: Authority, security: str, tmp_path: Path
) -> None:
    stranger = make_authority(tmp_path)
    with Sink(tls=stranger.context("localhost"), implicit=security == "tls", EHLO=OFFER) as sink:
        assert_nothing_given_away(sink, tried(sink, authority, security=security, **LOGIN))


@BOTH
def test_a_self_signed_certificate_is_refused_by_the_systems_authorities(
    authority: Authority, security: str
) -> None:
    with Sink(tls=authority.context("localhost"), implicit=security == "tls", EHLO=OFFER) as sink:
        assert_nothing_given_away(sink, tried(sink, authority, security=security, ca_file="", **LOGIN))


@BOTH
def test_a_certificate_that_ran_out_is_refused(authority: Authority, security: str) -> None:
    stale = authority.context("localhost")
    authority.ca.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC)).configure_cert(stale)
    with Sink(tls=stale, implicit=security == "tls", EHLO=OFFER) as sink:
        assert_nothing_given_away(sink, tried(sink, authority, security=security, **LOGIN))


@pytest.mark.parametrize(
    "script",
    [
        {"EHLO": "250-sink\r\n250 AUTH PLAIN"},
        {"EHLO": "502 what", "HELO": "250 sink"},
        {"EHLO": OFFER, "STARTTLS": "454 4.7.0 no TLS now"},
        {"EHLO": OFFER, "STARTTLS": "501 no"},
        {"EHLO": OFFER, "STARTTLS": GARBAGE},
        {"EHLO": OFFER, "STARTTLS": "220 go ahead"},
    ],
    ids=["not offered", "no EHLO", "not now", "refused", "garbled", "said and not done"],
)
def test_a_server_that_does_not_start_tls_gets_nothing(authority: Authority, script: dict[str, str]) -> None:
    with Sink(**script) as sink:
        assert_nothing_given_away(sink, tried(sink, authority, security="starttls", **LOGIN))


def test_a_server_that_is_silent_in_the_tls_handshake_is_given_up(authority: Authority) -> None:
    with Sink(greeting=SILENCE) as sink:
        more = {"security": "tls", "timeout_connect": 0.3}
        assert_nothing_given_away(sink, tried(sink, authority, **more))


def test_a_login_is_never_sent_in_the_clear() -> None:
    with Sink(EHLO="250-sink\r\n250 AUTH PLAIN LOGIN CRAM-MD5") as sink:
        outcome, asked = attempt(sink, **LOGIN)
        assert_nothing_given_away(sink, outcome)
    assert (outcome.phase, asked) == ("AUTH", 0)


@pytest.mark.parametrize(
    "answer", ["535 5.7.8 bad credentials", "454 4.7.0 later", "534 5.7.9 too weak", GARBAGE, "334 !!!"]
)
def test_a_refused_login_blames_us_and_hides_the_password(authority: Authority, answer: str) -> None:
    with Sink(tls=authority.context("localhost"), EHLO=OFFER, AUTH=answer) as sink:
        with closing(SmtpMailer(config(sink.port, **LOGIN))) as mailer:
            assert "hunter2" not in repr(mailer._config)
        outcome = tried(sink, authority, security="starttls", **LOGIN)
        assert sink.accepted == []
    assert (outcome.verdict, outcome.scope, outcome.phase) == (Verdict.DEFERRED, Scope.RELAY, "AUTH")
    assert "hunter2" not in repr(outcome)


def test_a_password_beyond_ascii_is_no_crash_and_not_shown(authority: Authority) -> None:
    with Sink(tls=authority.context("localhost"), EHLO=OFFER) as sink:
        outcome = tried(sink, authority, security="starttls", username="u", password="pässwört")
    assert (outcome.verdict, outcome.scope, outcome.phase) == (Verdict.DEFERRED, Scope.RELAY, "AUTH")
    assert "ä" not in repr(outcome)
    assert r"\xe4" not in repr(outcome)


def test_a_server_with_no_login_that_we_know_is_worth_another_try(authority: Authority) -> None:
    with Sink(
        tls=authority.context("localhost"), EHLO="250-sink\r\n250-STARTTLS\r\n250 AUTH XOAUTH2"
    ) as sink:
        outcome = tried(sink, authority, security="starttls", **LOGIN)
    assert (outcome.verdict, outcome.scope, outcome.phase) == (Verdict.DEFERRED, Scope.RELAY, "AUTH")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_cannot_be_used_refuses_to_start(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Misconfigured):
        SmtpMailer(config(1, ca_file=str(file)))
