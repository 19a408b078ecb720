"""A host is told in transactions that its server ends when they hang."""

from datetime import UTC, datetime
from decimal import Decimal

from paymail.ports.host_database import HostUpdate
from tests.services.sync.conftest import Host


def update() -> HostUpdate:
    zero = Decimal(0)
    amounts = dict.fromkeys(
        (
            "total",
            "amount_paid",
            "amount_paid_here",
            "amount_refunded",
            "amount_charged_back",
            "amount_credited",
            "amount_written_off",
            "balance",
        ),
        zero,
    )
    return HostUpdate(
        event_id="e1",
        as_of=datetime.now(UTC),
        number="502",
        external_ref=None,
        status="sent",
        payment_status="unpaid",
        currency="AUD",
        paid_at=None,
        payment_reference="",
        **amounts,
    )


def test_the_server_ends_a_telling_that_hangs(host: Host) -> None:
    host.execute(
        "CREATE FUNCTION limits(text, jsonb) RETURNS void LANGUAGE plpgsql AS $$"
        " BEGIN RAISE 'ends after %%', current_setting('idle_in_transaction_session_timeout'); END $$"
    )
    host.told_by, host.told_name = "function", "limits"
    assert host.port().tell([update()]) == {"e1": "ends after 30s"}
