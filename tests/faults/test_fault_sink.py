"""The sink fails as told, and its books say what it did before any client knows."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from paymail.ports.mail import Envelope, Outcome, Verdict
from tests.faults import journal
from tests.faults.modes import DOUBTFUL, Mode, Quit
from tests.faults.orders import Orders, running_sink
from tests.faults.worker import make_mailer

SURE = {
    Mode.OK: Verdict.SENT,
    Mode.DOT_SLOW: Verdict.SENT,
    Mode.RCPT_REJECT: Verdict.FAILED,
    Mode.DATA_REJECT: Verdict.FAILED,
    Mode.DOT_REJECT: Verdict.FAILED,
}


class SinkedMails:
    """A client of the sink, and the sink's books."""

    def __init__(self, orders: Orders, log: Path) -> None:
        self.orders, self._log = orders, log
        self.mailer = make_mailer(orders.port)
        self._sent = 0

    def send(self) -> Outcome:
        self._sent += 1
        mime = f"Message-ID: <{self._sent}@x.example>\r\n\r\n.dots\r\n..\r\nend\r\n".encode()
        return self.mailer.deliver(
            Envelope(f"<{self._sent}@x.example>", "a@x.example", ("b@y.example",), mime), lambda: True
        )

    def log(self, phase: str = "dot") -> list[dict[str, object]]:
        return [event for event in journal.read(self._log) if event["phase"] == phase]


@pytest.fixture
def sinked(tmp_path: Path) -> Iterator[SinkedMails]:
    with running_sink(tmp_path, log=tmp_path / "handed.jsonl") as orders:
        found = SinkedMails(orders, tmp_path / "handed.jsonl")
        yield found
        found.mailer.close()


def expected(mode: Mode) -> set[Verdict]:
    if mode is Mode.BODY_DROP:
        # A small body is on its way whole before the client can see that nobody reads it.
        return {Verdict.UNKNOWN, Verdict.DEFERRED}
    return {SURE.get(mode, Verdict.UNKNOWN if mode in DOUBTFUL else Verdict.DEFERRED)}


def test_each_way_of_failing_is_what_the_mailer_sees_and_what_the_books_say(sinked: SinkedMails) -> None:
    modes = [mode for mode in Mode if mode is not Mode.DOT_SILENT]
    sinked.orders.give(*modes, slow=0.05)
    for number, mode in enumerate(modes, 1):
        assert sinked.send().verdict in expected(mode), mode
        dots = {event["message_id"]: event for event in sinked.log()}
        dot = dots.get(f"<{number}@x.example>")
        assert (dot is not None) == (mode is Mode.OK or mode.startswith("dot")), mode
        if dot is not None and mode not in DOUBTFUL:
            assert dot["accepted"] == (Verdict.SENT in expected(mode))
    assert sinked.send().verdict is Verdict.SENT, "after the script all is well"


def test_silence_after_the_dot_is_doubt(sinked: SinkedMails) -> None:
    sinked.orders.give(Mode.DOT_SILENT, silent=2.0)
    assert sinked.send().verdict is Verdict.UNKNOWN
    assert len(sinked.log()) == 1


@pytest.mark.parametrize("quit_", [Quit.REFUSED, Quit.HANG])
def test_what_is_said_to_quit_harms_nobody(sinked: SinkedMails, quit_: Quit) -> None:
    sinked.orders.give(quit=quit_, silent=2.0)
    assert sinked.send().verdict is Verdict.SENT
    sinked.mailer.close()
    assert [event["reply"] for event in sinked.log("QUIT")] == [quit_.value[:3]]
    sinked.orders.give()
    assert sinked.send().verdict is Verdict.SENT


def test_the_draw_follows_its_weights_and_its_seed(tmp_path: Path) -> None:
    drawn = []
    for run in ("one", "two"):
        folder = tmp_path / run
        folder.mkdir()
        with running_sink(folder, log=folder / "handed.jsonl", seed=5) as orders:
            sinked = SinkedMails(orders, folder / "handed.jsonl")
            orders.give(weights={Mode.OK: 1.0, Mode.DOT_DEFER: 1.0, Mode.DOT_CLOSE: 1.0})
            verdicts = [sinked.send().verdict for _ in range(30)]
            drawn.append((verdicts, [event["accepted"] for event in sinked.log()]))
            sinked.mailer.close()
    assert drawn[0] == drawn[1]
    assert set(drawn[0][0]) == {Verdict.SENT, Verdict.DEFERRED, Verdict.UNKNOWN}


def test_the_books_outlive_the_kill_of_their_writer(tmp_path: Path) -> None:
    log = tmp_path / "lines.jsonl"
    pid = os.fork()
    if pid == 0:
        journal.Journal(log).write(number=1)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert [line["number"] for line in journal.read(log)] == [1]
