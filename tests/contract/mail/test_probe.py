"""The probe of `paymail doctor` goes through everything but a mail."""

from contextlib import closing
from pathlib import Path

import pytest

from paymail.clock import utc_now
from paymail.mail.mailbox import MailboxMailer
from paymail.mail.smtp import SmtpMailer
from paymail.ports.mail import Outcome, Scope, Verdict
from tests.contract.mail.authority import Authority
from tests.contract.mail.sink import DROP, GARBAGE, RESET, SILENCE, Sink
from tests.contract.mail.trying import MAIL, config


def probed(sink: Sink, **more: object) -> Outcome:
    with closing(SmtpMailer(config(sink.port, **more))) as mailer:
        return mailer.probe()


def test_the_probe_connects_protects_logs_in_and_leaves_without_a_mail(authority: Authority) -> None:
    offer = "250-sink\r\n250-STARTTLS\r\n250-DSN\r\n250 AUTH PLAIN"
    more = {"host": "localhost", "security": "starttls", "ca_file": str(authority.file)}
    with Sink(tls=authority.context("localhost"), EHLO=offer) as sink:
        outcome = probed(sink, username="u", password="p", **more)
        verbs = [command.split()[0].upper() for command in sink.commands]
    assert verbs == ["EHLO", "STARTTLS", "EHLO", "AUTH", "NOOP", "QUIT"]
    assert (outcome.verdict, outcome.code) == (Verdict.SENT, 250)
    assert "DSN" in outcome.detail


@pytest.mark.parametrize("phase", ["greeting", "NOOP"])
@pytest.mark.parametrize("way", [DROP, RESET, SILENCE, GARBAGE, "421 4.3.2 closed", "554 5.7.1 no"])
def test_a_relay_that_is_unwell_is_named(phase: str, way: str) -> None:
    with Sink(**{phase: way}) as sink:
        outcome = probed(sink)
    assert (outcome.verdict, outcome.scope) == (Verdict.DEFERRED, Scope.RELAY)
    assert outcome.detail


def test_the_probe_leaves_the_connection_of_the_mails_alone() -> None:
    with Sink() as sink, closing(SmtpMailer(config(sink.port))) as mailer:
        mailer.deliver(MAIL, lambda: True)
        assert mailer.probe().verdict is Verdict.SENT
        mailer.deliver(MAIL, lambda: True)
        assert (len(sink.accepted), sink.connections) == (2, 2)


def test_a_mailbox_that_takes_mail_says_so_and_keeps_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    assert MailboxMailer(folder, utc_now).probe().verdict is Verdict.SENT
    assert list(folder.iterdir()) == []


def test_a_mailbox_that_takes_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file where the folder should be")
    mailer = MailboxMailer(tmp_path / "mailbox", utc_now)
    for outcome in (mailer.probe(), mailer.deliver(MAIL, lambda: True)):
        assert (outcome.verdict, outcome.scope) == (Verdict.DEFERRED, Scope.RELAY)
