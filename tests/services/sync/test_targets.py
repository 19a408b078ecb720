"""Each sync has a table of its own, and another table hears everything."""

from dataclasses import replace

import pytest

from paymail.models import Issuer
from paymail.services.sync import SyncContext, TargetTaken, accept, preview, run
from tests.factories import NOW
from tests.services.sync.conftest import Host
from tests.services.sync.test_tellings import UPDATES, pay, synced

pytestmark = pytest.mark.parametrize("host", [2], indirect=True)


def of_another_view(context: SyncContext, host: Host, name: str) -> SyncContext:
    host.execute(f"CREATE VIEW {name} AS SELECT * FROM paymail_invoices_v1")
    host.view = name
    return replace(context, host=host.port())


def test_two_issuers_never_share_a_table(context: SyncContext, host: Host) -> None:
    synced(context)
    with context.transaction() as session:
        made = Issuer(
            name="North", email="n@north.example", tax_id="51 824 753 556", created_at=NOW, timezone="UTC"
        )
        session.add(made)
        session.flush()
        second = replace(of_another_view(context, host, "north"), issuer_id=made.issuer_id)
    for ask in (preview, accept):
        with pytest.raises(TargetTaken, match=r"paymail_updates_v1 is already what .* is told by"):
            ask(second)
    host.told_name = "public.paymail_updates_v1"
    with pytest.raises(TargetTaken):
        accept(replace(second, host=host.port()))
    host.told_name = "north_updates"
    assert synced(replace(second, host=host.port())).read == 2


def test_another_view_of_the_issuer_takes_the_table_over_when_it_is_accepted(
    context: SyncContext, host: Host
) -> None:
    synced(context)
    second = of_another_view(context, host, "second")
    synced(second)
    with pytest.raises(TargetTaken):
        run(context)
    pay(context, 502, 1000)
    assert run(second).told == 1


def test_another_table_is_told_everything(context: SyncContext, host: Host) -> None:
    synced(context)
    pay(context, 502, 1000)
    assert (run(context).told, run(context).told) == (1, 0)
    host.execute("CREATE TABLE later (LIKE paymail_updates_v1 INCLUDING ALL)")
    host.told_name = "later"
    moved = replace(context, host=host.port())
    assert (run(moved).told, run(moved).told) == (1, 0)
    assert host.rows(UPDATES) == host.rows(UPDATES.replace("paymail_updates_v1", "later"))
