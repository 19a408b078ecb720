"""`paymail doctor` compares a host's view with paymail, and is silent where there is no host."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from pydantic import SecretStr

from paymail.checks import host_database
from paymail.checks.findings import Finding, Subject, Verdict
from paymail.clock import utc_now
from paymail.models import Issuer
from paymail.services.sync import SyncContext, accept, run
from paymail.settings import Settings
from paymail.wiring import build
from tests.factories import NOW
from tests.services.sync.conftest import Host, host

__all__ = ["host"]


def findings(settings: Settings) -> list[Finding]:
    app = build(settings)
    found = list(host_database.agreement(Subject(app)))
    app.close()
    return found


@pytest.fixture
def synced(settings: Settings, host: Host) -> Iterator[tuple[Settings, Callable[[], object]]]:
    """Settings with a host, and a function that syncs it."""
    found = settings.model_copy(
        update={"host_database_url": SecretStr(host.url), "host_told_by": "table", "host_told_name": ""}
    )
    app = build(found)
    with app.transaction() as session:
        session.add(
            Issuer(name="Southern IT", email="b@southern-it.example", tax_id="51 824 753 556", created_at=NOW)
        )
    port = app.host_database()
    assert port is not None
    context = SyncContext(app.transaction, utc_now, app.reading, port, 1, "UTC")
    accept(context)
    yield found, partial(run, context)
    app.close()


def test_nothing_is_said_without_a_host(settings: Settings) -> None:
    assert findings(settings) == []


def test_both_sides_agree_after_a_run(synced: tuple[Settings, Callable[[], object]]) -> None:
    settings, sync = synced
    sync()
    (found,) = findings(settings)
    assert (found.verdict, found.found) == (Verdict.OK, "32 invoices agree with the view")


def test_what_differs_is_said_per_currency_and_by_number(
    synced: tuple[Settings, Callable[[], object]], host: Host
) -> None:
    settings, sync = synced
    host.execute("UPDATE invoices SET total = 1 WHERE invoice_id = 499")
    sync()
    host.execute("UPDATE invoices SET amount_paid = 10 WHERE invoice_id = 502")
    host.execute("DELETE FROM invoice_items WHERE invoice_id = 501")
    host.execute("DELETE FROM invoices WHERE invoice_id = 501")
    found = {one.found for one in findings(settings)}
    assert "1 invoices of the view are refused" in found
    (named,) = [one for one in found if one.startswith("invoices that differ")]
    assert "502 (paid 10.000 there, 0.00 here)" in named
    assert "501 (missing in the view)" in named
    assert any(one.startswith("AUD: ") for one in found)


def test_a_host_that_is_away_is_one_line_without_the_password(
    synced: tuple[Settings, Callable[[], object]],
) -> None:
    settings, _sync = synced
    away = settings.model_copy(
        update={"host_database_url": SecretStr("postgresql://u:s3cret@127.0.0.1:1/psa")}
    )
    (found,) = findings(away)
    assert found.verdict is Verdict.FAILED
    assert "is not responding" in found.found
    assert "s3cret" not in repr(found)
    assert found.remedy
