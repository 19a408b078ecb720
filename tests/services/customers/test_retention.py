"""Bytes go when they are old and settled, never while something needs them; the proof's digest stays."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Blob, Message, MessageState
from paymail.services.customers import retention
from paymail.services.delivery import deliveries
from paymail.services.outbox import blobs
from tests.factories import NOW
from tests.services.reported_emails import ReportedEmails

OLD = NOW + timedelta(days=400)


@pytest.fixture
def reported(engine: Engine) -> ReportedEmails:
    return ReportedEmails(engine)


def run(reported: ReportedEmails, *, days: int = 365, **more: int) -> int:
    return retention.run(reported.context_at(OLD), days=days, **more).erased


def contents(reported: ReportedEmails) -> list[bytes]:
    with db.reading(reported.engine) as session:
        return sorted(session.scalars(select(Blob.content)))


def test_old_settled_bytes_are_erased_and_their_digest_stays(reported: ReportedEmails) -> None:
    reported.sent()
    digest = reported.message().mime_sha256 or ""
    assert run(reported) == 2
    assert contents(reported) == [b"", b""]
    with db.reading(reported.engine) as session:
        blob = session.get_one(Blob, digest)
        assert blob.size > 0
        assert blobs.erased(session, digests=[digest, None, "x"]) == {digest: OLD}
        with pytest.raises(blobs.Erased, match=digest):
            blobs.fetch(session, sha256=digest)
    assert run(reported) == 0


def test_zero_keeps_for_ever(reported: ReportedEmails) -> None:
    reported.sent()
    assert run(reported, days=0) == 0


def test_what_is_young_stays(reported: ReportedEmails) -> None:
    reported.sent()
    assert run(reported, days=500) == 0


@pytest.mark.parametrize(
    "state", [MessageState.SCHEDULED, MessageState.SENDING, MessageState.HANDOVER, MessageState.UNKNOWN]
)
def test_what_is_open_or_in_doubt_stays_however_old(reported: ReportedEmails, state: MessageState) -> None:
    reported.sent(state)
    assert run(reported) == 0


def test_what_was_settled_only_lately_stays(reported: ReportedEmails) -> None:
    message_id = reported.sent()
    with db.transaction(reported.engine) as session:
        session.get_one(Message, message_id).settled_at = OLD - timedelta(days=1)
    assert run(reported) == 0


def test_bytes_that_a_younger_email_shares_stay(reported: ReportedEmails) -> None:
    reported.sent()
    reported.clock = OLD - timedelta(days=1)
    reported.send(again=True)
    deliveries.sweep(reported.context)
    assert run(reported) == 1  # the first email itself; both have the same PDF
    assert b"%PDF-" in contents(reported)


def test_erased_bytes_that_are_written_again_are_kept_again(reported: ReportedEmails) -> None:
    reported.sent()
    run(reported)
    with db.transaction(reported.engine) as session:
        digest = blobs.keep(session, content=b"%PDF-", now=OLD)
    with db.reading(reported.engine) as session:
        assert blobs.fetch(session, sha256=digest) == b"%PDF-"


def test_a_run_goes_on_where_the_last_one_stopped(reported: ReportedEmails) -> None:
    reported.sent()
    first = retention.run(reported.context_at(OLD), days=365, batch=1, most_batches=1)
    assert (first.erased, bool(first.cursor)) == (1, True)
    second = retention.run(reported.context_at(OLD), days=365, batch=1, most_batches=9, after=first.cursor)
    assert (second.erased, second.cursor) == (1, "")


def test_an_erasure_and_a_keeping_at_once_leave_the_bytes(engine: Engine, tmp_path: Path) -> None:
    with db.transaction(engine) as session:
        digest = blobs.keep(session, content=b"shared", now=NOW)
    with db.transaction(engine) as session:
        blobs.keep(session, content=b"shared", now=OLD)
        # What a retention run chose before this keeping was committed.
        assert blobs.erase(session, digests=[digest], now=OLD, kept_before=OLD - timedelta(days=365)) == 0
    with db.reading(engine) as session:
        assert blobs.fetch(session, sha256=digest) == b"shared"


def test_a_place_that_the_release_before_kept_is_read_as_the_start(reported: ReportedEmails) -> None:
    reported.sent()
    digest = "f" * 64  # it went by digests
    assert retention.run(reported.context_at(OLD), days=365, after=digest).erased == 2


def test_contents_of_one_instant_are_all_looked_at_in_turn(reported: ReportedEmails) -> None:
    with db.transaction(reported.engine) as session:
        for number in range(5):
            blobs.keep(session, content=str(number).encode(), now=NOW)
    assert run(reported, batch=2) == 5
