"""Invoices flow in from a host's database, each once, after somebody has seen the first difference."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from paymail.models import HostRefusal, HostSync, Invoice, Payment, Restore, SyncedInvoice, TimelineEvent
from paymail.services.sync import NotAccepted, SyncContext, accept, preview, run
from tests import seed_host
from tests.factories import NOW
from tests.services.sync.conftest import Host

ROWS = (HostSync, HostRefusal, SyncedInvoice, Invoice, Payment, TimelineEvent)


def counts(context: SyncContext) -> dict[str, int]:
    with context.reading() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in ROWS
        }


def refusals(context: SyncContext) -> dict[str, str]:
    with context.reading() as session:
        return {row.number: row.faults for row in session.scalars(select(HostRefusal))}


def invoice(context: SyncContext, number: str) -> Invoice:
    with context.reading() as session:
        return session.scalars(select(Invoice).where(Invoice.number == number)).one()


@pytest.mark.parametrize("host", [502], indirect=True)
def test_the_first_run_only_shows_the_difference(context: SyncContext) -> None:
    found = preview(context)
    assert found.refusals == []
    assert (found.created, found.updated, found.unchanged, found.refused) == (502, 0, 0, 0)
    with pytest.raises(NotAccepted):
        run(context)
    assert set(counts(context).values()) == {0}


@pytest.mark.parametrize("host", [502], indirect=True)
def test_once_accepted_the_seeds_502_invoices_come_in_with_their_links(
    context: SyncContext, host: Host
) -> None:
    accept(context)
    assert run(context).created == 502
    assert invoice(context, "502").invoice_id == 502
    assert invoice(context, "502").payment_token == seed_host.token_of(502)
    with context.reading() as session:
        totals = dict(
            session.execute(
                select(Invoice.currency, func.sum(Invoice.total)).group_by(Invoice.currency)
            ).all()
        )
    theirs = dict(host.rows("SELECT currency, sum(total) FROM invoices GROUP BY 1"))
    digits = {"JPY": 0, "KWD": 3}
    assert totals == {
        code: int(total * 10 ** digits.get(code, 2))
        for code, total in theirs.items()  # type: ignore[operator]
    }


def test_a_second_run_changes_nothing(context: SyncContext) -> None:
    accept(context)
    run(context)
    before = counts(context)
    again = run(context)
    assert (again.created, again.updated, again.refused, again.told) == (0, 0, 0, 0)
    assert counts(context) == before


def test_only_what_changed_after_the_overlap_is_read_again(context: SyncContext, host: Host) -> None:
    accept(context)
    run(context)
    host.execute("ALTER TABLE invoices DISABLE TRIGGER touch; ALTER TABLE customers DISABLE TRIGGER touch")
    host.execute("UPDATE invoices SET updated_at = now() - interval '2 hours'")
    host.execute("UPDATE customers SET updated_at = now() - interval '2 hours'")
    host.execute(
        "UPDATE invoices SET due_date = '2027-01-31', updated_at = now() - interval '9 minutes'"
        " WHERE invoice_id = 502"
    )
    found = run(context)
    assert (found.read, found.changes) == (1, [("502", ("due_date",))])


def test_the_documented_trigger_finds_changed_lines(context: SyncContext, host: Host) -> None:
    accept(context)
    run(context)
    for table in ("invoices", "customers"):
        host.execute(f"ALTER TABLE {table} DISABLE TRIGGER touch")
        host.execute(f"UPDATE {table} SET updated_at = now() - interval '2 hours'")
    host.execute("UPDATE invoice_items SET description = 'x' WHERE invoice_id = 502")
    assert run(context).refused == 1  # issued: its lines stay


def test_a_transaction_that_commits_late_is_found(context: SyncContext, host: Host) -> None:
    accept(context)
    with host.connection.transaction():
        host.execute("UPDATE invoices SET due_date = '2027-01-31' WHERE invoice_id = 502")
        assert run(context).created == 32
    assert run(context).changes == [("502", ("due_date",))]


def test_a_date_of_last_change_that_lies_ahead_hides_nothing(context: SyncContext, host: Host) -> None:
    host.execute("ALTER TABLE invoices DISABLE TRIGGER touch")
    host.execute("UPDATE invoices SET updated_at = 'infinity' WHERE invoice_id = 477")
    host.execute("UPDATE invoices SET updated_at = '2099-01-01' WHERE invoice_id = 478")
    host.execute("UPDATE invoices SET updated_at = '-infinity' WHERE invoice_id = 479")
    accept(context)
    assert run(context).created == 32
    host.execute("UPDATE invoices SET due_date = '2027-01-31', updated_at = now() WHERE invoice_id = 502")
    assert ("502", ("due_date",)) in run(context).changes


@pytest.mark.parametrize("host", [502], indirect=True)
def test_a_view_whose_time_of_change_is_always_now_is_read_once_in_a_run(
    context: SyncContext, host: Host
) -> None:
    view = seed_host.documented()[1].replace(
        "greatest(i.updated_at, c.updated_at, u.updated_at)", "clock_timestamp()"
    )
    host.execute(view.replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    accept(context)
    assert run(context).read == 502


def test_a_refused_invoice_is_tried_until_it_comes_in(context: SyncContext, host: Host) -> None:
    host.execute(
        "UPDATE customers SET email = 'nobody'"
        " WHERE customer_id = (SELECT customer_id FROM invoices WHERE invoice_id = 502)"
    )
    ids = [
        int(str(row[0]))
        for row in host.rows(
            "SELECT invoice_id FROM invoices JOIN customers USING (customer_id) WHERE email = 'nobody'"
        )
    ]
    accept(context)
    assert run(context).refused == len(ids)
    assert set(refusals(context)) == {str(one) for one in ids}
    assert "customer_email: 'nobody' is not an email address" in refusals(context)["502"]
    # Long after the cursor has passed it, and without a change of its time.
    host.execute("ALTER TABLE customers DISABLE TRIGGER touch; ALTER TABLE invoices DISABLE TRIGGER touch")
    host.execute(
        "UPDATE customers SET updated_at = now() - interval '1 day',"
        " email = replace(email, 'nobody', 'a@b.example')"
    )
    host.execute("UPDATE invoices SET updated_at = now() - interval '1 day'")
    host.execute("DELETE FROM invoice_items WHERE invoice_id = %s", ids[0])
    host.execute("DELETE FROM invoices WHERE invoice_id = %s", ids[0])
    assert run(context).created == len(ids) - 1
    assert refusals(context) == {}


def test_nulls_are_named_by_their_column(context: SyncContext, host: Host) -> None:
    host.execute("ALTER TABLE invoices ALTER due_date DROP NOT NULL, ALTER updated_at DROP NOT NULL")
    host.execute("ALTER TABLE customers ALTER updated_at DROP NOT NULL")
    host.execute("DELETE FROM invoice_items WHERE invoice_id = 501")
    host.execute("UPDATE invoices SET due_date = NULL WHERE invoice_id = 500")
    host.execute("ALTER TABLE invoices DISABLE TRIGGER touch; ALTER TABLE customers DISABLE TRIGGER touch")
    host.execute("UPDATE invoices SET updated_at = NULL; UPDATE customers SET updated_at = NULL")
    host.execute("UPDATE invoices SET updated_at = now() WHERE invoice_id <> 499")
    accept(context)
    run(context)
    found = refusals(context)
    assert found["500"] == "due_date: is NULL; the view must give it a value"
    assert found["501"].splitlines()[0] == "line: is NULL; each invoice needs at least one line"
    assert found["499"] == "updated_at: is NULL; give the time of the invoice's last change"
    assert len(found) == 3


def test_what_the_host_was_paid_comes_in_once(context: SyncContext, host: Host) -> None:
    accept(context)
    run(context)
    host.execute("UPDATE invoices SET amount_paid = amount_paid + 10 WHERE invoice_id = 502")
    before = invoice(context, "502").amount_paid
    run(context)
    run(context)
    assert invoice(context, "502").amount_paid == before + 1000


@pytest.mark.parametrize("host", [502], indirect=True)
def test_a_crash_after_the_import_loses_nothing_and_doubles_nothing(context: SyncContext) -> None:
    """Whichever transaction is the last before the crash."""
    accept(context)
    left = 0

    class Crash(Exception):
        pass

    @contextmanager
    def crashing() -> Iterator[Session]:
        nonlocal left
        if not left:
            raise Crash
        left -= 1
        with context.transaction() as session:
            yield session

    for allowed in range(10):
        left = allowed
        with pytest.raises(Crash):
            run(replace(context, transaction=crashing))
    assert run(context).refused == 0
    assert counts(context)["invoices"] == counts(context)["synced_invoices"] == 502


@pytest.mark.parametrize("host", [502], indirect=True)
def test_it_ends_between_two_pages_when_asked(context: SyncContext) -> None:
    accept(context)
    found = run(context, stopped=lambda: True)
    assert (found.stopped, found.read) == (True, 100)
    assert run(context).created == 402


def test_another_database_is_looked_at_first(context: SyncContext, host: Host) -> None:
    accept(context)
    host.view = "other_view"
    other = replace(context, host=host.port())
    host.execute("CREATE VIEW other_view AS SELECT * FROM paymail_invoices_v1")
    with pytest.raises(NotAccepted):
        run(other)


def test_on_hold_after_a_restore_invoices_come_in_and_their_money_later(
    context: SyncContext, host: Host
) -> None:
    """The host may know of payments that Stripe's word will bring into the restored books."""
    host.execute("UPDATE invoices SET amount_paid = 10 WHERE invoice_id = 502")
    accept(context)
    with context.transaction() as session:
        session.add(Restore(restored_at=NOW, since=NOW))
    found = run(context)
    assert (found.created, found.on_hold) == (32, True)
    assert invoice(context, "502").amount_paid == 0
    with context.transaction() as session:
        session.execute(update(Restore).values(mail_opened_at=NOW, payments_opened_at=NOW))
    assert ("502", ("amount_paid",)) in run(context).changes
    assert invoice(context, "502").amount_paid == 1000


@pytest.mark.parametrize("host", [150], indirect=True)
def test_who_wants_everything_read_again_while_it_runs_gets_it(context: SyncContext, host: Host) -> None:
    accept(context)

    def taken_back() -> bool:
        with context.transaction() as session:
            session.execute(update(HostSync).values(cursor=None))
        return False

    run(context, stopped=taken_back)
    with context.reading() as session:
        assert session.scalars(select(HostSync.cursor)).one() is None
    assert run(context).unchanged == 150
