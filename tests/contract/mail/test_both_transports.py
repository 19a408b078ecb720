"""What every transport promises: handover before the last step, the exact bytes, one honest verdict."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from paymail.clock import utc_now
from paymail.mail.mailbox import MailboxMailer
from paymail.mail.smtp import SmtpConfig, SmtpMailer
from paymail.ports.mail import Envelope, Mailer, Verdict
from tests.contract.mail.sink import Sink

MIME = b"Subject: x\r\n\r\n.a leading dot\r\n..two\r\n\r\nend\r\n"


def envelope(number: int = 1, mime: bytes = MIME) -> Envelope:
    return Envelope(f"<{number}@paymail.example>", "billing@host.example", ("a@b.example",), mime)


@dataclass
class Clock:
    """A monotonic clock that moves when it is told to."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Transport:
    mailer: Mailer
    accepted: Callable[[], list[bytes]]
    clock: Clock


@pytest.fixture(params=["smtp", "mailbox"])
def transport(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Transport]:
    clock = Clock()
    if request.param == "mailbox":
        folder = tmp_path / "mailbox"
        mailbox = MailboxMailer(folder, utc_now, clock)
        yield Transport(mailbox, lambda: [p.read_bytes() for p in sorted(folder.glob("*.eml"))], clock)
        return
    with Sink() as sink:
        mailer = SmtpMailer(SmtpConfig("127.0.0.1", sink.port, "none"), clock)
        yield Transport(mailer, lambda: list(sink.accepted), clock)
        mailer.close()


def test_the_exact_bytes_arrive(transport: Transport) -> None:
    outcome = transport.mailer.deliver(envelope(), lambda: True)
    assert (outcome.verdict, outcome.code) == (Verdict.SENT, 250)
    assert transport.accepted() == [MIME]


def test_nothing_is_accepted_before_the_handover(transport: Transport) -> None:
    seen: list[int] = []

    def handover() -> bool:
        seen.append(len(transport.accepted()))
        return True

    transport.mailer.deliver(envelope(), handover)
    assert seen == [0]


def test_a_refused_handover_stops_it(transport: Transport) -> None:
    assert transport.mailer.deliver(envelope(), lambda: False).verdict is Verdict.STOPPED
    assert transport.accepted() == []
    assert transport.mailer.deliver(envelope(), lambda: True).verdict is Verdict.SENT
    assert transport.accepted() == [MIME]


def test_a_handover_that_fails_sends_nothing_and_says_so(transport: Transport) -> None:
    def handover() -> bool:
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError):
        transport.mailer.deliver(envelope(), handover)
    assert transport.accepted() == []
    assert transport.mailer.deliver(envelope(), lambda: True).verdict is Verdict.SENT
    assert len(transport.accepted()) == 1


@pytest.mark.parametrize(("seconds", "verdict"), [(4.9, Verdict.SENT), (5.1, Verdict.DEFERRED)])
def test_a_process_that_stood_still_at_the_handover_lets_go(
    transport: Transport, seconds: float, verdict: Verdict
) -> None:
    def handover() -> bool:
        transport.clock.seconds += seconds
        return True

    outcome = transport.mailer.deliver(envelope(), handover)
    assert outcome.verdict is verdict
    assert len(transport.accepted()) == (verdict is Verdict.SENT)
    if verdict is Verdict.DEFERRED:
        assert outcome.detail == "the process stalled during the handover"
    assert transport.mailer.deliver(envelope(2), lambda: True).verdict is Verdict.SENT


def test_many_messages_arrive_each_once(transport: Transport) -> None:
    mimes = [f"Subject: {n}\r\n\r\n{n}\r\n".encode() for n in range(130)]
    for number, mime in enumerate(mimes):
        assert transport.mailer.deliver(envelope(number, mime), lambda: True).verdict is Verdict.SENT
    assert sorted(transport.accepted()) == sorted(mimes)


def test_a_message_handed_over_twice_is_seen_twice(transport: Transport) -> None:
    for _ in range(2):
        transport.mailer.deliver(envelope(), lambda: True)
    assert transport.accepted() == [MIME, MIME]


def test_closing_twice_harms_nothing(transport: Transport) -> None:
    transport.mailer.deliver(envelope(), lambda: True)
    transport.mailer.close()
    transport.mailer.close()
    assert transport.mailer.deliver(envelope(2), lambda: True).verdict is Verdict.SENT


def test_a_mailbox_that_cannot_be_written_defers(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file where the folder should be")
    asked: list[bool] = []
    mailer = MailboxMailer(tmp_path / "mailbox", utc_now)
    outcome = mailer.deliver(envelope(), lambda: asked.append(True) or True)  # type: ignore[func-returns-value]
    assert outcome.verdict is Verdict.DEFERRED
    assert asked == []


def test_the_mailbox_leaves_no_drafts(tmp_path: Path) -> None:
    mailer = MailboxMailer(tmp_path, utc_now)
    mailer.deliver(envelope(), lambda: True)
    mailer.deliver(envelope(), lambda: False)
    ticks = iter([0.0, 60.0])
    MailboxMailer(tmp_path, utc_now, lambda: next(ticks)).deliver(envelope(), lambda: True)
    with contextlib.suppress(RuntimeError):
        mailer.deliver(envelope(), lambda: (_ for _ in ()).throw(RuntimeError))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("message_id", ["<../../etc/x@y>", "<" + "a" * 200 + "@b>", "<\x00@b>"])
def test_the_mailbox_stays_in_its_folder(tmp_path: Path, message_id: str) -> None:
    mailer = MailboxMailer(tmp_path / "m", utc_now)
    mailer.deliver(Envelope(message_id, "a@b.example", ("c@d.example",), MIME), lambda: True)
    assert len(list((tmp_path / "m").glob("*.eml"))) == 1
