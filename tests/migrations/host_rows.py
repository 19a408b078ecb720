"""An issuer, its customer and invoices as rows, for migrations after 0024."""

from sqlalchemy import Connection

from tests.migrations.rows_at_0005 import AT, insert


def write_parties(connection: Connection) -> None:
    """Write issuer 1 and customer 1."""
    insert(
        connection, "issuers", issuer_id=1, name="Host Pty Ltd", tax_id="", tax_name="GST",
        address="", save_methods=False,
        email="b@h.example", reply_to="", currency="AUD", locale="en-AU",
        timezone="Australia/Sydney", stripe_account="", last_receipt=0, last_credit_note=0,
        link_days=30, application_fee=0, country="AU", subdivision="", reminders_off=False, ladder="",
        send_at="09:00", quiet_from="20:00", quiet_until="08:00", reminder_minimum=0, reminder_cap=10,
        sender_rate="", created_at=AT,
    )  # fmt: skip
    insert(
        connection, "customers", customer_id=1, issuer_id=1, name="Acme", email="a@c.example",
        address="", locale="", reminders_off=False, ladder="", created_at=AT,
    )  # fmt: skip


def write_invoice(
    connection: Connection,
    number: int,
    *,
    status: str = "sent",
    written_off: int = 0,
    token: str | None = None,
) -> None:
    """Write an invoice of theirs over AUD 1.10."""
    insert(
        connection, "invoices", invoice_id=number, number=str(number), issuer_id=1, customer_id=1,
        currency="AUD", subtotal=100, tax_rate="10.00", tax_amount=10, total=110, amount_paid=0,
        amount_refunded=0, amount_charged_back=0, amount_credited=0, amount_written_off=written_off,
        issued_date="2026-03-01", due_date="2026-03-31", status=status, payment_status="unpaid",
        payment_token=token, reminders_off=False, ladder="",
        reminders_from=AT, import_digest="", notes="", created_at=AT, updated_at=AT,
    )  # fmt: skip
