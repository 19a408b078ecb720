"""The doctor survives its patients: what breaks, hangs or talks too much is one line and nothing more."""

import threading
from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr

from paymail.checks import Finding, Subject, Verdict, examine
from paymail.checks.findings import Check, failed, ok
from paymail.settings import Settings
from paymail.wiring import App

Open = Callable[..., App]


def breaks(_subject: Subject) -> Iterator[Finding]:
    yield ok("breaks", "so far")
    raise ZeroDivisionError("by hand")


def test_a_check_that_breaks_is_reported_and_the_others_go_on(opened: Open, embedded: Settings) -> None:
    checks = [Check("breaks", breaks), Check("after", lambda _s: [ok("after", "fine")])]
    found = examine(Subject(opened(embedded)), checks)
    assert [(f.check, f.verdict) for f in found] == [
        ("breaks", Verdict.OK),
        ("breaks", Verdict.FAILED),
        ("after", Verdict.OK),
    ]
    assert "ZeroDivisionError: by hand" in found[1].found


def test_a_check_that_hangs_is_given_up_when_its_time_is_over(opened: Open, embedded: Settings) -> None:
    ended = threading.Event()

    def hangs(_subject: Subject) -> Iterator[Finding]:
        yield ok("hangs", "so far")
        ended.wait(60)

    checks = [Check("hangs", hangs, seconds=0.2), Check("after", lambda _s: [ok("after", "fine")])]
    found = examine(Subject(opened(embedded)), checks)
    ended.set()
    assert [f.verdict for f in found] == [Verdict.OK, Verdict.FAILED, Verdict.OK]
    assert found[1].found == "no response within 0.2 s"


def test_what_a_failed_check_was_needed_for_is_not_asked(opened: Open, embedded: Settings) -> None:
    def never(_subject: Subject) -> Iterator[Finding]:
        raise AssertionError("asked")

    checks = [
        Check("ground", lambda _s: [ok("ground", "half"), failed("ground", "gone", "dig")]),
        Check("house", never, needs=("ground",)),
        Check("roof", lambda _s: [ok("roof", "fine")], needs=("house",)),
    ]
    found = examine(Subject(opened(embedded)), checks)
    assert [(f.check, f.verdict) for f in found[2:]] == [
        ("house", Verdict.NOT_ASKED),
        ("roof", Verdict.OK),
    ]
    assert found[2].found == "ground failed"


@pytest.mark.parametrize(
    "secret",
    ["smtp-pass/word", "sk_live_Very1Secret", "whsec_one", "dbpass%40word", "dbpass@word", "red1spass"],
)
def test_no_secret_of_the_settings_is_told_whoever_says_it(
    opened: Open, embedded: Settings, secret: str
) -> None:
    app = opened(
        embedded,
        smtp_password=SecretStr("smtp-pass/word"),
        stripe_secret_key=SecretStr("sk_live_Very1Secret"),
        stripe_webhook_secrets=SecretStr("whsec_one,whsec_two"),
        database_url="postgresql+psycopg://user:dbpass%40word@127.0.0.1:9/x",
        broker_url="redis://:red1spass@127.0.0.1:9/0",
    )

    def tells(_subject: Subject) -> Iterator[Finding]:
        yield failed("tells", f"refused {secret} here", f"do not use {secret}")
        raise ValueError(f"it was {secret}")

    found = examine(Subject(app), [Check("tells", tells)])
    assert len(found) == 2
    assert secret not in str(found)
    assert "refused [hidden] here" in found[0].found


def test_what_a_server_said_cannot_steer_the_terminal(opened: Open, embedded: Settings) -> None:
    def tells(_subject: Subject) -> Iterator[Finding]:
        yield failed("tells", "220 \x1b[2J\x07two\r\nlines", "\u202eno")

    (found,) = examine(Subject(opened(embedded)), [Check("tells", tells)])
    assert (found.found, found.remedy) == ("220 [2J two lines", "no")
