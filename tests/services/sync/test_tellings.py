"""A host is told where the money of its invoices stands: what happened here, and nothing twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import delete, select

from paymail.models import Channel, HostSync, Payment, SyncedInvoice
from paymail.ports.host_database import HostUnavailable, HostUpdate
from paymail.services.payments import adjustments
from paymail.services.payments.manual_payments import ManualPayment, record_payment
from paymail.services.sync import Outcome, SyncContext, accept, run, state
from tests import seed_host
from tests.services.sync.conftest import Host

UPDATES = (
    "SELECT invoice_id, status, payment_status, amount_paid, amount_paid_here, balance"
    " FROM paymail_updates_v1"
)
TWICE = "your view counts the payment that came through paymail twice"


def pay(context: SyncContext, invoice_id: int, amount: int, reference: str = "REF 1") -> None:
    asked = ManualPayment(amount, Channel.BANK_TRANSFER, datetime.now(UTC).date(), reference)
    with context.transaction() as session:
        record_payment(session, invoice_id=invoice_id, asked=asked, actor="staff", now=context.now())


def payments(context: SyncContext, invoice_id: int) -> list[tuple[str, int]]:
    with context.reading() as session:
        found = session.scalars(select(Payment).where(Payment.invoice_id == invoice_id))
        return [(one.channel.value, one.amount) for one in found]


def synced(context: SyncContext) -> Outcome:
    accept(context)
    return run(context)


def test_nothing_is_told_of_what_the_host_itself_has_said(context: SyncContext, host: Host) -> None:
    assert synced(context).told == 0
    host.execute("UPDATE invoices SET amount_paid = 1 WHERE invoice_id = 502")
    host.execute("UPDATE invoices SET status = 'void' WHERE invoice_id = 501")
    assert run(context).told == 0
    assert host.rows(UPDATES) == []


def test_a_payment_is_told_once_and_its_echo_is_no_second_payment(context: SyncContext, host: Host) -> None:
    synced(context)
    pay(context, 502, 2250)
    assert run(context).told == 1
    assert host.rows(UPDATES) == [
        (502, "sent", "partial", Decimal("22.50"), Decimal("22.50"), Decimal("60.00"))
    ]
    paid = "SELECT DISTINCT amount_paid, payment_status FROM paymail_invoices_v1 WHERE invoice_id = 502"
    assert host.rows(paid) == [(Decimal("22.50"), "partial")]
    again = run(context)
    assert (again.told, again.updated) == (0, 0)
    assert payments(context, 502) == [("bank_transfer", 2250)]


def test_money_at_both_sides_at_once_is_counted_once_on_each(context: SyncContext, host: Host) -> None:
    synced(context)
    pay(context, 502, 2000)
    host.execute("UPDATE invoices SET amount_paid = 15 WHERE invoice_id = 502")
    run(context)
    run(context)
    run(context)
    assert payments(context, 502) == [("bank_transfer", 2000), ("host", 1500)]
    assert host.rows(UPDATES) == [
        (502, "sent", "partial", Decimal("35.00"), Decimal("20.00"), Decimal("47.50"))
    ]
    assert host.rows("SELECT amount_paid FROM invoices WHERE invoice_id = 502") == [(Decimal("15.000"),)]


@pytest.mark.parametrize("amount", [8250, 2000], ids=["all", "a part"])
def test_a_payment_that_the_hosts_own_program_has_noted_too_is_not_entered_again(
    context: SyncContext, host: Host, amount: int
) -> None:
    synced(context)
    pay(context, 502, amount)
    host.execute("UPDATE invoices SET amount_paid = %s WHERE invoice_id = 502", Decimal(amount) / 100)
    assert run(context).told == 1
    for _ in range(2):
        (refused,) = {(one.number, one.faults) for one in run(context).refusals}
        assert refused == ("502", ("amount_paid: " + TWICE,))
    assert payments(context, 502) == [("bank_transfer", amount)]
    host.execute("UPDATE invoices SET amount_paid = 0 WHERE invoice_id = 502")
    assert run(context).refused == 0
    assert payments(context, 502) == [("bank_transfer", amount)]


def test_a_known_invoice_that_was_refused_from_the_first_is_told_of(context: SyncContext, host: Host) -> None:
    synced(context)
    with context.transaction() as session:
        for table in (SyncedInvoice, HostSync):  # as if it had come by a file
            session.execute(delete(table))
    host.execute("UPDATE invoices SET issued_date = issued_date - 1 WHERE invoice_id = 502")
    pay(context, 502, 1000)
    found = synced(context)
    assert (found.refused, found.told) == (1, 1)
    assert [row[:4] for row in host.rows(UPDATES)] == [(502, "sent", "partial", Decimal("10.00"))]
    assert payments(context, 502) == [("bank_transfer", 1000)]


def test_a_host_that_takes_its_void_back_is_told_once_that_it_stays_void(
    context: SyncContext, host: Host
) -> None:
    synced(context)
    host.execute("UPDATE invoices SET status = 'void' WHERE invoice_id = 501")
    assert run(context).told == 0
    host.execute("UPDATE invoices SET status = 'sent' WHERE invoice_id = 501")
    assert [run(context).told for _ in range(3)] == [1, 0, 0]
    assert [row[:2] for row in host.rows(UPDATES)] == [(501, "void")]


def test_voids_and_write_offs_by_staff_are_told(context: SyncContext, host: Host) -> None:
    synced(context)
    with context.transaction() as session:
        adjustments.void(session, invoice_id=501, reason="mistake", actor="staff", now=context.now())
    pay(context, 502, 2250)
    with context.transaction() as session:
        adjustments.write_off(session, invoice_id=502, reason="x", actor="staff", now=context.now())
    assert run(context).told == 2
    assert [row[:3] + row[5:] for row in sorted(host.rows(UPDATES))] == [
        (501, "void", "unpaid", Decimal("165.00")),
        (502, "sent", "partial", Decimal("0.00")),
    ]


def test_a_crash_before_the_mark_tells_the_same_again(context: SyncContext, host: Host) -> None:
    by_function(host)
    context = replace(context, host=host.port())
    synced(context)
    pay(context, 502, 2250)

    class Crash(Exception):
        pass

    class Crashing:
        """The host's database, after whose answer the process dies."""

        def __getattr__(self, name: str) -> object:
            return getattr(context.host, name)

        def tell(self, updates: Sequence[HostUpdate]) -> dict[str, str]:
            context.host.tell(updates)
            raise Crash

    for _ in range(2):
        with pytest.raises(Crash):
            run(replace(context, host=Crashing()))  # type: ignore[arg-type]
    pay(context, 502, 1000, "REF 2")
    assert run(context).told == 2
    assert host.rows("SELECT count(*) FROM paymail_events") == [(2,)]
    assert host.rows("SELECT paid_through_paymail FROM invoices WHERE invoice_id = 502") == [
        (Decimal("32.50"),)
    ]


def test_the_documented_function_keeps_no_event_of_an_invoice_that_is_not_there(
    context: SyncContext, host: Host
) -> None:
    by_function(host)
    context = replace(context, host=host.port())
    synced(context)
    pay(context, 502, 2250)
    host.execute("ALTER TABLE invoice_items DROP CONSTRAINT invoice_items_invoice_id_fkey")
    host.execute("UPDATE invoices SET invoice_id = 1502 WHERE invoice_id = 502")
    assert run(context).untold == {"502": "no invoice 502"}
    host.execute("UPDATE invoices SET invoice_id = 502 WHERE invoice_id = 1502")
    assert run(context).told == 1
    assert host.rows("SELECT count(*) FROM paymail_events") == [(1,)]


def by_function(host: Host) -> None:
    """Let the host be told by the documented function, and its view show what it told."""
    view, function = seed_host.documented()[1], seed_host.documented()[-1]
    host.execute(function)
    through = view.replace("coalesce(u.amount_paid_here, 0)", "i.paid_through_paymail")
    host.execute(through.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    host.told_by, host.told_name = "function", "paymail_payment_recorded"


def test_an_update_that_the_host_refuses_stops_no_other_and_is_told_later(
    context: SyncContext, host: Host
) -> None:
    synced(context)
    host.execute("ALTER TABLE paymail_updates_v1 ADD CONSTRAINT odd CHECK (invoice_id <> 501)")
    pay(context, 501, 1000)
    pay(context, 502, 1000)
    found = run(context)
    assert (found.told, list(found.untold)) == (1, ["501"])
    assert 'violates check constraint "odd"' in found.untold["501"]
    with context.reading() as session:
        assert state.of(session, context).failures == (("501", found.untold["501"]),)
    host.execute("ALTER TABLE paymail_updates_v1 DROP CONSTRAINT odd")
    assert run(context).told == 1
    assert len(host.rows(UPDATES)) == 2


def test_while_the_host_is_away_nothing_is_marked_as_told(context: SyncContext, host: Host) -> None:
    synced(context)
    pay(context, 502, 1000)

    class Away:
        def __getattr__(self, name: str) -> object:
            return getattr(context.host, name)

        def tell(self, _updates: Sequence[HostUpdate]) -> dict[str, str]:
            raise HostUnavailable("away")

    with pytest.raises(HostUnavailable):
        run(replace(context, host=Away()))  # type: ignore[arg-type]
    assert host.rows(UPDATES) == []
    assert run(context).told == 1


def test_an_older_state_never_replaces_a_newer_one(context: SyncContext, host: Host) -> None:
    synced(context)
    pay(context, 502, 1000)
    run(context)
    host.execute("UPDATE paymail_updates_v1 SET as_of = now() + interval '1 day'")
    pay(context, 502, 1000, "REF 2")
    for _ in range(2):
        assert run(context).untold == {"502": "the table has a row of this invoice whose as_of is later"}
    host.execute("UPDATE paymail_updates_v1 SET as_of = now()")
    assert run(context).told == 1
    assert host.rows("SELECT amount_paid FROM paymail_updates_v1") == [(Decimal("20.00"),)]


def test_what_is_told_of_a_payment(context: SyncContext, host: Host) -> None:
    synced(context)
    pay(context, 502, 8250, "bank REF 7")
    run(context)
    columns = "currency, total, payment_reference, paid_at IS NOT NULL, length(event_id), amount_refunded"
    assert host.rows(f"SELECT {columns} FROM paymail_updates_v1") == [
        ("AUD", Decimal("82.50"), "bank REF 7", True, 24, Decimal("0.00"))
    ]
