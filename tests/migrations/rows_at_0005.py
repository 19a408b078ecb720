"""A database of 0005 as the code of that time wrote it, by plain SQL."""

from sqlalchemy import Connection, text

from paymail.services.core.idempotency import digest
from paymail.services.sending.bulk import Selection

AT, LATER = "2026-03-17 01:00:00.000000", "2026-03-18 01:00:00.000000"
SENT, ASKED = digest("prefix\nkey"), digest("\nTrue")
_MESSAGES = [
    (1, "invoice:1:1", "invoice", 1, "", "sent", "", ""),
    (2, "reminder:1:2026-01-31:-3", "reminder", 1, "-3", "scheduled", "held: disputed", ""),
    (3, "reminder:1:hand:1", "reminder", 1, "hand", "scheduled", "", ""),
    (4, "refund:4", "refund", 1, "", "scheduled", "", "4"),
    (5, "payment_failed:pi_1:x", "payment_failed", 1, "", "scheduled", "", "AUD 1,234.50"),
    (6, "payment_failed:pi_2:x", "payment_failed", 2, "", "scheduled", "", "JPY 1,200"),
    (7, "payment_failed:pi_3:x", "payment_failed", 2, "", "sent", "", "(erased)"),
    (8, "notice:bounce:1", "notice", 1, "", "scheduled", "held: mail queue", "4\nAUD 5.00"),
    (9, f"receipt:1:asked:{digest('prefix:copy')}", "receipt", 1, "", "sent", "", ""),
    (10, "receipt:payment:1", "receipt", 1, "", "sent", "", ""),
]
_EVENTS = [
    (1, 1, "customer_address_changed", "amy", AT, "from first@d.example to second@d.example"),
    (2, 1, "customer_address_changed", "amy", LATER, "from second@d.example to third@d.example"),
    (3, 1, "send_requested", "amy", AT, f"{SENT} {ASKED}"),
    (4, 1, "reminders_held", "customer", AT, "claimed: I am Vera"),
    (5, 1, "reminders_held", "amy", AT, "promised"),
    (6, 1, "reminders_released", "amy", LATER, "claimed"),
    (7, 2, "reminders_released", "amy", LATER, "all holds"),
    (8, 1, "link_regenerated", "amy", AT, ""),
    (9, 1, "link_revoked", "amy", LATER, ""),
]
_HOLDS = [
    (1, 1, "claimed", "customer", AT, None),
    (2, 1, "claimed", "customer", AT, LATER),
    (3, 1, "promised", "amy", AT, LATER),
    (4, 1, "disputed", "stripe", AT, None),
    (5, 1, "bounced", "relay log", AT, None),
    (6, 2, "staff", "amy", AT, LATER),
    (7, 2, "staff", "customer", AT, None),
]


def insert(connection: Connection, table: str, **values: object) -> None:
    """Insert one row."""
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def write(connection: Connection) -> None:
    """Write an issuer with two customers' invoices, and what there was about them."""
    _write_invoices(connection)
    _write_money(connection)
    for number, key, kind, invoice_id, step, state, reason, detail in _MESSAGES:
        insert(
            connection, "messages", message_id=number, dedupe_key=key, kind=kind, invoice_id=invoice_id,
            step=step, tone="friendly", detail=detail, state=state, reason=reason, next_at=AT, attempts=0,
            fence=0, actor="amy", header_id=key, recipient="c@d.example", subject="", sender="",
            created_at=AT, payment_id=1 if kind == "receipt" else None,
        )  # fmt: skip
    for number, invoice_id, kind, actor, at, detail in _EVENTS:
        insert(
            connection, "timeline_events", event_id=number, invoice_id=invoice_id, at=at, actor=actor,
            kind=kind, detail=detail, message_id=1 if kind == "send_requested" else None,
        )  # fmt: skip
    for number, invoice_id, reason, actor, at, lifted_at in _HOLDS:
        insert_hold(connection, number, invoice_id, reason, actor, at, lifted_at)
    if connection.dialect.name == "postgresql":
        for table, key in (("messages", "message_id"), ("timeline_events", "event_id")):
            connection.execute(text(f"SELECT setval('{table}_{key}_seq', 100)"))


def insert_hold(
    connection: Connection, number: int, invoice_id: int, reason: str, by: str, at: str, lifted_at: str | None
) -> None:
    """Insert a hold."""
    insert(
        connection, "reminder_holds", hold_id=number, invoice_id=invoice_id, reason=reason, detail="",
        placed_at=at, placed_by=by, lifted_at=lifted_at, lifted_by="",
    )  # fmt: skip


def _write_invoices(connection: Connection) -> None:
    insert(
        connection, "issuers", issuer_id=7, name="I", tax_id="51 824 753 556", tax_name="GST", address="",
        email="b@i.example", reply_to="", currency="AUD", locale="en-AU", timezone="Australia/Sydney",
        stripe_account="", last_receipt=0, created_at=AT,
    )  # fmt: skip
    for number, email, currency in ((1, "third@d.example", "AUD"), (2, "d@d.example", "JPY")):
        insert(
            connection, "customers", customer_id=number, issuer_id=7, name="C", email=email, address="",
            locale="", reminders_off=False, created_at=AT,
        )  # fmt: skip
        insert(
            connection, "invoices", invoice_id=number, number=str(number), issuer_id=7, customer_id=number,
            currency=currency, subtotal=100_000, tax_rate="10", tax_amount=10_000, total=110_000,
            amount_paid=0, issued_date="2026-01-01", due_date="2026-01-31", status="sent",
            payment_status="unpaid", payment_token=f"token{number}", import_digest="", notes="",
            reminders_from=AT, created_at=AT, updated_at=AT,
        )  # fmt: skip


def _write_money(connection: Connection) -> None:
    insert(
        connection, "payments", payment_id=1, invoice_id=1, issuer_id=7, account="", amount=500,
        currency="AUD", method="cash", source="staff", channel="cash", reference="slip 7",
        paid_on="2026-03-16", request_key="prefix:pay", balance_after=0, receipt_number=1, received_at=AT,
    )  # fmt: skip
    insert(
        connection, "refunds", refund_id=4, invoice_id=1, issuer_id=7, payment_id=1, channel="cash",
        amount=200, credited=200, currency="AUD", status="succeeded", reason="broken", failure="",
        actor="amy", request_key="prefix:back", tries=0, next_at=AT, created_at=AT, updated_at=AT,
    )  # fmt: skip
    for number, key in ((1, "prefix:bulk"), (2, "0123abcd")):
        insert(
            connection, "bulk_sends", bulk_id=number, state="running", request_key=key,
            selection=Selection(currency="AUD").to_json(), again=False, starts_at=AT, rate=5, cursor=0,
            expanded=False, queued=0, skipped=0, actor="amy", created_at=AT,
        )  # fmt: skip
    insert_attempt(connection, 1, "withdrawing")


def insert_attempt(connection: Connection, generation: int, status: str) -> None:
    """Insert a try at paying invoice 1."""
    insert(
        connection, "payment_attempts", invoice_id=1, generation=generation, account="a", amount=5,
        currency="AUD", idempotency_key=f"k{generation}", status=status, created_at=AT, updated_at=AT,
        declines=0, fee=0,
    )  # fmt: skip
