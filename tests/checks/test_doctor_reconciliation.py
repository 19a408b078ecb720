"""`paymail doctor` says whether Stripe is asked for what its webhooks missed, and what does not agree."""

from collections.abc import Callable
from datetime import timedelta

from paymail.checks import Verdict
from paymail.models import Drift, Restore
from paymail.services.core import restores
from paymail.services.reconciliation import turns
from paymail.services.reconciliation.turns import Ended
from paymail.settings import Settings
from paymail.wiring import App
from tests.checks.conftest import ask, verdicts

Open = Callable[..., App]
OK, WARNING, FAILED = Verdict.OK, Verdict.WARNING, Verdict.FAILED


def ran(app: App, *, ago: timedelta = timedelta(minutes=5), failure: str = "") -> None:
    with app.transaction() as session:
        for job in (turns.SETTLE, turns.COMPARE):
            turns.note(session, job=job, ended=Ended("all well", failure), now=app.now() - ago)


def test_a_reconciler_that_never_ran_is_a_warning(opened: Open, embedded: Settings) -> None:
    assert verdicts(ask(opened(embedded), "reconciliation")) == [WARNING, WARNING]


def test_a_reconciler_that_runs_is_fine_and_says_what_it_did(opened: Open, embedded: Settings) -> None:
    app = opened(embedded)
    ran(app)
    found = ask(app, "reconciliation")
    assert verdicts(found) == [OK, OK]
    assert "all well" in found[0].found


def test_a_reconciler_that_stopped_is_a_warning(opened: Open, embedded: Settings) -> None:
    app = opened(embedded)
    ran(app, ago=timedelta(hours=3))
    assert verdicts(ask(app, "reconciliation")) == [WARNING, OK]


def test_an_account_that_cannot_be_asked_is_a_failure(opened: Open, embedded: Settings) -> None:
    app = opened(embedded)
    ran(app, failure="acct_1: Stripe does not accept the configured key")
    found = ask(app, "reconciliation")
    assert verdicts(found) == [FAILED, FAILED]
    assert "acct_1" in found[0].found


def test_drift_is_a_warning_until_it_is_gone(opened: Open, embedded: Settings) -> None:
    app = opened(embedded)
    ran(app)
    now = app.now()
    texts = {"kind": "amount_differs", "account": "a", "intent_id": "pi_1", "books": "1", "stripe": "2"}
    with app.transaction() as session:
        session.add(Drift(key="k", found_at=now, seen_at=now, **texts))
    found = ask(app, "reconciliation")
    assert verdicts(found) == [WARNING, OK, OK]
    assert "1 difference(s)" in found[0].found
    with app.transaction() as session:
        session.get_one(Drift, "k").gone_at = now
    assert verdicts(ask(app, "reconciliation")) == [OK, OK]


def test_a_reconciler_that_is_switched_off_is_a_warning(opened: Open, embedded: Settings) -> None:
    app = opened(embedded, reconcile_minutes=0.0)
    ran(app)
    assert verdicts(ask(app, "reconciliation")) == [WARNING, OK, OK]


def test_what_is_on_hold_after_a_restore_is_a_warning_until_it_is_open(
    opened: Open, embedded: Settings
) -> None:
    app = opened(embedded)
    assert verdicts(ask(app, "restore")) == [OK]
    now = app.now()
    with app.transaction() as session:
        session.add(Restore(restored_at=now, since=now, reconciled_at=now, payments_opened_at=now))
    (found,) = ask(app, "restore")
    assert (found.verdict, found.found) == (WARNING, "on hold after a restore from a backup: mail")
    with app.transaction() as session:
        restores.open_mail(session, now=now)
    assert verdicts(ask(app, "restore")) == [OK]
