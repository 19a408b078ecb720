"""Payments under bad webhooks, a failing Stripe and everybody at once: the books equal Stripe's ledger."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from paymail.services import reconciliation
from paymail.services.reconciliation import Kind
from tests.faults.ledger_check import Breach, check
from tests.faults.market import Market, open_market
from tests.faults.paystorm import PayStorm, Weather


@pytest.fixture
def market(database_url: str, tmp_path: Path) -> Iterator[Market]:
    with open_market(tmp_path, database_url) as found:
        yield found


def test_after_a_storm_the_books_equal_stripes_ledger(market: Market) -> None:
    storm = PayStorm(market, Weather(payments=40))
    evidence = storm.run()
    assert check(evidence) == []
    assert storm.tally.failures == []
    assert len(evidence.charges) > 20
    figures = storm.figures()
    for busy in ("recorded by confirm", "recorded by webhook", "events found by the reconciler"):
        assert figures.get(busy), figures
    assert figures["webhooks answered 403"]
    # The reconciler comes to the same end as the checker, which shares no line with it.
    left = reconciliation.compare(market.app.gateway_context(), days=30, mend=False)
    assert left.failures == {}
    assert [finding for finding in left.findings if finding.kind is not Kind.SECOND_INTENT] == []


def test_a_webhook_that_believes_events_is_caught(tmp_path: Path, sqlite_template: Path) -> None:
    file = tmp_path / "paymail.db"
    shutil.copy(sqlite_template, file)
    with open_market(tmp_path, f"sqlite:///{file}", naive=True) as market:
        found = {finding.breach for finding in check(PayStorm(market, Weather(payments=20)).run())}
    assert Breach.INVENTED in found, "a checker that does not see this would see nothing"
    assert Breach.SUM not in found
