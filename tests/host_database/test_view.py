"""A host's view is read exactly, in bounds, and what is wrong with it is said in words that help."""

import time
from decimal import Decimal

import pytest

from paymail.errors import Misconfigured
from paymail.host_database import HostConfig, PostgresqlHost, view
from paymail.host_database.connection import connected, translated
from paymail.ports.host_database import HostUnavailable, HostViewUnusable, ShownInvoice
from paymail.services.sync.syncs import VIEW_COLUMNS
from tests.services.sync.conftest import Host

SECRET = "s3cret-pass"


def shown(host: Host, number: str = "502", zone: str = "UTC") -> ShownInvoice:
    with host.port().reading(VIEW_COLUMNS, zone=zone) as reading:
        return reading.named([number])[0]


def refusal(host: Host) -> str:
    with pytest.raises(HostViewUnusable) as caught, host.port().reading(VIEW_COLUMNS, zone="UTC") as reading:
        reading.page(since=None, after=None, size=10)
    return str(caught.value)


def offer(host: Host, **columns: str) -> None:
    """Offer the view with other expressions for some columns; an empty one takes the column away."""
    found = host.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'paymail_invoices_v1'"
    )
    values = {str(row[0]): str(row[0]) for row in found} | columns
    chosen = ", ".join(f"{value} AS {name}" for name, value in values.items() if value)
    host.execute(f"CREATE VIEW other AS SELECT {chosen} FROM paymail_invoices_v1")
    host.view = "other"


def test_values_come_as_exact_text(host: Host) -> None:
    (row,) = shown(host).rows
    assert (row["invoice_id"], row["total"], row["issued_date"]) == ("502", "82.500", "2026-03-12")
    assert Decimal(row["tax_rate"] or "") == 10
    assert row["customer_ref"] is not None


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("0.1::double precision", "0.1"),
        ("1e15::double precision / 3", "333333333333333.3"),
        ("82.5::real", "82.5"),
        ("123456789012.123456789::numeric", "123456789012.123456789"),
    ],
)
def test_a_double_is_its_shortest_text_and_no_guess(host: Host, expression: str, text: str) -> None:
    offer(host, total=expression)
    assert shown(host).rows[0]["total"] == text


def test_a_midnight_is_shown_in_the_issuers_time_zone(host: Host) -> None:
    offer(host, due_date="timestamptz '2026-04-16 14:00:00+00'")
    assert shown(host, zone="Australia/Sydney").rows[0]["due_date"] == "2026-04-17 00:00:00+10"


def test_the_hosts_own_date_style_changes_nothing(host: Host) -> None:
    host.execute("ALTER ROLE postgres SET DateStyle = 'German, DMY'")
    try:
        assert shown(host).rows[0]["issued_date"] == "2026-03-12"
    finally:
        host.execute("ALTER ROLE postgres RESET DateStyle")


def test_columns_that_are_missing_are_all_named(host: Host) -> None:
    offer(host, due_date="", total="", updated_at="")
    said = refusal(host)
    for name in ("due_date", "total", "updated_at"):
        assert f"it has no column {name}; add it" in said


@pytest.mark.parametrize(
    ("column", "expression", "said"),
    [
        (
            "updated_at",
            "updated_at::timestamp",
            "updated_at is timestamp without time zone; make it timestamptz",
        ),
        ("updated_at", "updated_at::date", "updated_at is date; make it timestamptz"),
        ("invoice_id", "json_build_array(invoice_id)", "invoice_id is json; cast it to text"),
        ("total", "total::money", "total is money; cast it to numeric"),
        ("notes", "'x'::bytea", "notes is bytea; cast it to text"),
        ("terms", "ARRAY['x']", "terms is text[]; cast it to text"),
    ],
)
def test_types_that_cannot_be_read_are_named_with_what_to_do(
    host: Host, column: str, expression: str, said: str
) -> None:
    offer(host, **{column: expression})
    assert said in refusal(host)


def test_a_missing_view_is_named(host: Host) -> None:
    host.view = "elsewhere.invoices"
    assert "has no view elsewhere.invoices" in refusal(host)


def test_a_view_that_fails_says_why(host: Host) -> None:
    offer(host, total="total / (invoice_id - invoice_id)")
    assert refusal(host) == "your system's database cannot show its view: division by zero"


@pytest.mark.parametrize("kind", ["smallint", "bigint", "numeric", "text", "varchar(10)", "char(8)"])
def test_numbers_of_invoices_may_have_any_plain_type(host: Host, kind: str) -> None:
    offer(host, invoice_id=f"invoice_id::{kind}")
    found = shown(host)
    assert (found.number, len(found.rows)) == ("502", 1)


def test_pages_have_each_invoice_once_and_whole(host: Host) -> None:
    seen: list[ShownInvoice] = []
    with host.port().reading(VIEW_COLUMNS, zone="UTC") as reading:
        after = None
        while page := reading.page(since=None, after=after, size=7):
            seen += page
            after = page[-1].place
    assert sorted(int(one.number) for one in seen) == list(range(471, 503))
    lines = dict(host.rows("SELECT invoice_id::text, count(*) FROM invoice_items GROUP BY 1"))
    assert {one.number: len(one.rows) for one in seen} == lines


def test_an_endless_invoice_is_not_read(host: Host) -> None:
    host.execute(
        "CREATE VIEW other AS SELECT v.* FROM paymail_invoices_v1 v, generate_series(1, 10001)"
        " WHERE invoice_id = 502 UNION ALL SELECT * FROM paymail_invoices_v1 WHERE invoice_id = 501"
    )
    host.view = "other"
    found = shown(host)
    assert (found.rows, found.too_large) == ((), "this invoice has more than 10,000 rows")
    assert len(shown(host, "501").rows) == 1


def test_a_long_value_is_cut_by_the_query_and_huge_invoices_are_left(host: Host) -> None:
    offer(host, description="repeat('x', 10000000)")
    assert len(shown(host).rows[0]["description"] or "") == view.LONGEST_VALUE
    host.execute(
        "CREATE VIEW huge AS SELECT v.* FROM other v, generate_series(1, 200) WHERE invoice_id = 502"
    )
    host.view = "huge"
    assert shown(host).too_large == "this invoice has more than 5,000,000 characters"


def test_nothing_can_be_written_while_reading(host: Host) -> None:
    host.execute(
        "CREATE FUNCTION evil() RETURNS text LANGUAGE sql VOLATILE AS"
        " 'DELETE FROM invoice_items RETURNING description'"
    )
    offer(host, terms="evil()")
    assert "cannot execute DELETE in a read-only transaction" in refusal(host)


def test_a_slow_view_is_given_up(host: Host) -> None:
    offer(host, terms="pg_sleep(20)::text")
    slow = PostgresqlHost(HostConfig(host.url, "other", "nothing", "", 1))
    with (
        pytest.raises(HostUnavailable, match="needed too long"),
        slow.reading(VIEW_COLUMNS, zone="UTC") as found,
    ):
        found.page(since=None, after=None, size=1)


def test_a_transaction_that_the_server_ended_for_its_idleness_is_no_fault_of_the_view(host: Host) -> None:
    with pytest.raises(HostUnavailable, match="idle-in-transaction"):
        _idle(host.url)


def _idle(url: str) -> None:
    with connected(url) as connection, translated(), connection.transaction():
        connection.execute("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        time.sleep(0.5)
        connection.execute("SELECT 1")


def test_a_user_without_the_right_to_read_is_told_so(host: Host) -> None:
    host.execute("ALTER ROLE paymail_sync PASSWORD NULL")
    host.url = host.url.replace("postgres@", "paymail_sync@")
    (row,) = shown(host).rows
    assert row["total"] == "82.500"
    host.view = "invoices"
    assert "refuses paymail's user" in refusal(host) or "has no column" in refusal(host)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{SECRET}@127.0.0.1:1/psa",
        f"postgresql://u:{SECRET}@nowhere.invalid/psa",
        f"postgresql://u:p/{SECRET}@127.0.0.1:1/psa",
        f"postgresql://u:{SECRET}@127.0.0.1:port/psa",
    ],
)
def test_no_error_shows_the_password(url: str) -> None:
    with pytest.raises((HostUnavailable, Misconfigured)) as caught:
        _open(url)
    assert SECRET not in str(caught.value)


def _open(url: str) -> None:
    host = PostgresqlHost(HostConfig(url, "paymail_invoices_v1", "nothing", "", 5))
    assert SECRET not in host.source
    with host.reading(VIEW_COLUMNS, zone="UTC"):
        pass
