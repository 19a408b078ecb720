"""SMTPUTF8, DSN, 8BITMIME and SIZE: used where the server offers them, and only there."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Session
from aiosmtpd.smtp import Envelope as KeptEnvelope

from paymail.mail.parameters import xtext
from paymail.mail.smtp import SmtpMailer
from paymail.ports.mail import Envelope, Scope, Verdict
from tests.conftest import free_port
from tests.contract.mail.sink import GARBAGE, Sink
from tests.contract.mail.trying import MAIL, TOKEN, attempt, config

ALL = "250-sink\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE 50000000"
FOREIGN = replace(
    MAIL,
    recipients=("jörg@xn--bcher-kva.example",),
    mime="To: <jörg@xn--bcher-kva.example>\r\n\r\nhello\r\n".encode(),
)


def spoken(sink: Sink, verb: str) -> list[str]:
    return [command for command in sink.commands if command.lower().startswith(verb)]


def test_a_server_that_offers_all_is_asked_for_notifications_that_name_the_message() -> None:
    with Sink(EHLO=ALL) as sink:
        outcome, _ = attempt(sink, replace(MAIL, recipients=("a+b=c@d.example", "e@f.example")))
        assert outcome.verdict is Verdict.SENT
        size = len(MAIL.mime)
        assert spoken(sink, "mail") == [
            f"mail FROM:<billing@host.example> SIZE={size} RET=HDRS ENVID={TOKEN}"
        ]
        assert spoken(sink, "rcpt") == [
            "rcpt TO:<a+b=c@d.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb+3Dc@d.example",
            "rcpt TO:<e@f.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;e@f.example",
        ]


@pytest.mark.parametrize("ehlo", ["250 sink", GARBAGE, "502 what"])
def test_a_server_that_offers_nothing_is_asked_for_nothing(ehlo: str) -> None:
    with Sink(EHLO=ehlo) as sink:
        outcome, _ = attempt(sink)
        assert outcome.verdict is Verdict.SENT
        assert spoken(sink, "mail") == ["mail FROM:<billing@host.example>"]
        assert spoken(sink, "rcpt") == ["rcpt TO:<a@b.example>"]


@pytest.mark.parametrize(
    ("message_id", "asked"),
    [("<1+2=3@x.example>", "ENVID=1+2B2+3D3"), (f"<{'x' * 101}@y>", ""), ("", ""), ("<é@x>", "")],
)
def test_other_message_ids_are_encoded_or_left_out(message_id: str, asked: str) -> None:
    with Sink(EHLO=ALL) as sink:
        attempt(sink, replace(MAIL, message_id=message_id))
        (command,) = spoken(sink, "mail")
    assert command.partition("RET=HDRS")[2].strip() == asked


def test_an_address_beyond_ascii_goes_out_as_it_is() -> None:
    with Sink(EHLO=ALL) as sink:
        outcome, _ = attempt(sink, FOREIGN)
        assert outcome.verdict is Verdict.SENT
        assert spoken(sink, "mail")[0].split()[3:5] == ["SMTPUTF8", "BODY=8BITMIME"]
        assert spoken(sink, "rcpt") == ["rcpt TO:<jörg@xn--bcher-kva.example> NOTIFY=FAILURE,DELAY"]
        assert sink.accepted == [FOREIGN.mime]


@pytest.mark.parametrize("where", ["sender", "recipient", "header"])
def test_one_address_beyond_ascii_is_enough(where: str) -> None:
    mail = {
        "sender": replace(MAIL, sender="jörg@host.example"),
        "recipient": replace(MAIL, recipients=("a@b.example", "jörg@b.example")),
        "header": replace(MAIL, mime="Reply-To: <jörg@b.example>\r\n\r\nhello\r\n".encode()),
    }[where]
    with Sink(EHLO=ALL) as sink:
        attempt(sink, mail)
        assert "SMTPUTF8" in spoken(sink, "mail")[0].split()


def test_a_server_without_smtputf8_fails_such_a_mail_with_the_reason_and_serves_the_next() -> None:
    with Sink() as sink, closing(SmtpMailer(config(sink.port))) as mailer:
        asked: list[bool] = []
        outcome = mailer.deliver(FOREIGN, lambda: asked.append(True) or True)  # type: ignore[func-returns-value]
        assert (outcome.verdict, outcome.status, asked) == (Verdict.FAILED, "5.6.7", [])
        assert "SMTPUTF8" in outcome.detail
        assert spoken(sink, "mail") == []
        assert mailer.deliver(MAIL, lambda: True).verdict is Verdict.SENT
        assert sink.connections == 1


def test_a_server_that_tripped_over_ehlo_is_asked_again_later() -> None:
    with Sink(EHLO=GARBAGE) as sink:
        outcome, _ = attempt(sink, FOREIGN)
    assert (outcome.verdict, outcome.scope) == (Verdict.DEFERRED, Scope.MESSAGE)


EIGHT_BIT = replace(MAIL, mime=b"Subject: x\r\n\r\nh\xe9llo \xf0\r\n.\xff\r\n")


def test_eight_bit_content_is_announced_and_arrives_as_it_was() -> None:
    with Sink() as sink:
        outcome, _ = attempt(sink, EIGHT_BIT)
        assert outcome.verdict is Verdict.SENT
        assert "BODY=8BITMIME" in spoken(sink, "mail")[0].split()
        assert "SMTPUTF8" not in spoken(sink, "mail")[0].split()
        assert sink.accepted == [EIGHT_BIT.mime]


def test_eight_bit_content_is_not_forced_on_a_server_that_takes_seven() -> None:
    with Sink(EHLO="250 sink") as sink:
        outcome, _ = attempt(sink, EIGHT_BIT)
        assert spoken(sink, "mail") == []
    assert (outcome.verdict, outcome.status) == (Verdict.FAILED, "5.6.3")


@pytest.mark.parametrize(
    ("text", "encoded"), [("a@b", "a@b"), ("a+b=c", "a+2Bb+3Dc"), ("a b\r\n", "a+20b+0D+0A"), ("~!", "~!")]
)
def test_xtext_leaves_nothing_that_could_end_a_parameter(text: str, encoded: str) -> None:
    assert xtext(text) == encoded


class Kept:
    """A handler of aiosmtpd that keeps what it got."""

    def __init__(self) -> None:
        self.envelopes: list[KeptEnvelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: KeptEnvelope) -> str:
        self.envelopes.append(envelope)
        return "250 2.6.0 kept"


@pytest.fixture
def strict() -> Iterator[tuple[int, Kept]]:
    """A server written by others, which refuses parameters it does not know."""
    kept = Kept()
    port = free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    yield port, kept
    controller.stop()


@pytest.mark.parametrize("mail", [MAIL, FOREIGN, EIGHT_BIT], ids=["plain", "foreign", "8-bit"])
def test_a_server_written_by_others_understands_us(strict: tuple[int, Kept], mail: Envelope) -> None:
    port, kept = strict
    with closing(SmtpMailer(config(port))) as mailer:
        for _ in range(2):
            outcome = mailer.deliver(mail, lambda: True)
            assert (outcome.verdict, outcome.status) == (Verdict.SENT, "2.6.0")
    for envelope in kept.envelopes:
        assert envelope.rcpt_tos == list(mail.recipients)
        assert envelope.content == mail.mime
    assert len(kept.envelopes) == 2
