"""The doctor says whether the relay's log is read, and which receivers refuse the sender."""

from collections.abc import Callable
from pathlib import Path

import pytest

from paymail.checks.findings import Verdict
from paymail.services.outbox import gates
from paymail.settings import Settings
from paymail.wiring import App
from tests.checks.conftest import ask

Open = Callable[..., App]
QMGR = "{} postfix/qmgr[99]: 4ABCDE: from=<a@b.example>, size=1, nrcpt=1 (queue active)\n"
SMTPD = "Mar 17 01:00:00 mx postfix/smtpd[1]: connect from unknown\n"


@pytest.mark.parametrize(
    ("lines", "verdict", "words"),
    [
        (SMTPD + QMGR.format("Mar 7 01:00:00 mx"), Verdict.OK, "1 of its last 1"),
        (QMGR.format("<22>1 17.03.2026 mx"), Verdict.FAILED, "none of its 1"),
        (SMTPD, Verdict.WARNING, "no line of Postfix"),
        ("", Verdict.WARNING, "no line of Postfix"),
    ],
)
def test_a_log_that_is_not_understood_is_said(
    opened: Open, embedded: Settings, tmp_path: Path, lines: str, verdict: Verdict, words: str
) -> None:
    log = tmp_path / "mail.log"
    log.write_text(lines)
    (found,) = ask(opened(embedded, relay_log=str(log)), "relay log")
    assert (found.verdict, words in found.found) == (verdict, True), found


def test_a_log_that_is_not_there_or_not_wanted(opened: Open, embedded: Settings, tmp_path: Path) -> None:
    (found,) = ask(opened(embedded, relay_log=str(tmp_path / "none.log")), "relay log")
    assert (found.verdict, "No such file" in found.found) == (Verdict.FAILED, True)
    (found,) = ask(opened(embedded, relay_log=""), "relay log")
    assert found.verdict is Verdict.NOT_ASKED


def test_a_receiver_that_refuses_the_sender_is_named_with_what_to_do(
    opened: Open, embedded: Settings
) -> None:
    app = opened(embedded)
    with app.transaction() as session:
        gates.close_for_refusal(
            session, key=gates.refused(1, "gmail.example"), reason="550 5.7.26 no", now=app.now()
        )
    (found,) = ask(app, "outbox")
    assert (found.verdict, "gmail.example refuses" in found.found) == (Verdict.FAILED, True)
    assert "paymail bounces resume gmail.example" in found.remedy
