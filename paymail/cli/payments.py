"""`paymail payments`, and what `paymail invoices` does about money."""

from datetime import datetime
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import Amount, Json, Key, Yes
from paymail.cli.output import said, sure
from paymail.models import Channel, RefundStatus
from paymail.money import Money, parse_amount
from paymail.services.core.documents import WAYS, receipt_number
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.letters.credit_notes import credit_note_number
from paymail.services.payments import manual_payments, receipts
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.payments.statement import Statement, statement
from paymail.services.refunds import refund_requests, reversals
from paymail.services.refunds.refund_requests import RefundOrder
from paymail.web.schemas.account import InvoiceMoney

group = typer.Typer(help="Payments, refunds and receipts.", no_args_is_help=True)


@group.command()
@exits
def record(
    invoice_id: int,
    amount: Amount,
    channel: Annotated[Channel, typer.Option(help="Payment method.")] = Channel.BANK_TRANSFER,
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Date received; today by default.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Bank reference or cheque number.")] = "",
    overpay: Annotated[bool, typer.Option("--overpay", help="Accept more than the balance due.")] = False,
    key: Key = "",
    as_json: Json = False,
) -> None:
    """Record a payment not made through Stripe; the customer is emailed a receipt."""
    app = open_app()
    with app.transaction() as session:
        invoice = load_invoice(session, invoice_id=invoice_id)
        asked = ManualPayment(
            amount=parse_amount(amount, invoice.currency),
            channel=channel,
            paid_on=day.date() if day else local_date(invoice.issuer, app.now()),
            reference=reference,
            key=f"cli:{key[:70]}" if key else None,
            surplus_meant=overpay,
        )
        payment = manual_payments.record_payment(
            session, invoice_id=invoice_id, asked=asked, actor="cli", now=app.now()
        )
        number, owed = receipt_number(payment), Money(invoice.balance, invoice.currency)
    data: dict[str, object] = {
        "payment_id": payment.payment_id,
        "receipt_number": number,
        "balance": float(owed.decimal),
    }
    text = f"payment {payment.payment_id} is recorded, receipt {number}; {owed} still owed"
    said(data, text, as_json)


@group.command("list")
@exits
def list_(invoice_id: int, as_json: Json = False) -> None:
    """Show an invoice's payments, refunds and disputes."""
    app = open_app()
    with app.reading() as session:
        found = statement(session, invoice_id=invoice_id)
    if as_json:
        typer.echo(InvoiceMoney.from_statement(found).model_dump_json())
        return
    for line in _lines(found):
        typer.echo(line)


def _lines(found: Statement) -> list[str]:
    currency = found.invoice.currency
    lines = []
    for one in found.payments:
        payment = one.payment
        how = WAYS[payment.channel] or payment.method or "Stripe"
        left = f"  ({Money(one.refundable, currency)} refundable)"
        lines.append(
            f"payment {payment.payment_id:<6} {one.day}  {Money(payment.amount, currency)!s:>18}  {how}"
            f" {payment.reference}  {receipt_number(payment)}{'  (disputed)' if one.disputed else left}"
        )
    lines += [
        f"credit  {one.refund_id:<6} {local_date(found.invoice.issuer, one.created_at)}"
        f"  {Money(-one.credited, currency)!s:>18}  {credit_note_number(one)} {one.reason}"
        for one in found.refunds
        if one.payment_id is None
    ]
    lines += [
        f"refund  {one.refund_id:<6} {local_date(found.invoice.issuer, one.created_at)}"
        f"  {Money(-one.amount, currency)!s:>18}  of payment {one.payment_id}: {one.status}"
        f" {one.failure} {credit_note_number(one)}".rstrip()
        for one in found.refunds
        if one.payment_id is not None
    ]
    lines += [
        f"dispute {one.dispute_id}  {Money(one.amount, currency)}  of payment {one.payment_id}: {one.state}"
        for one in found.disputes
    ]
    balance = Money(found.invoice.balance, currency)
    return [*lines, f"balance {balance}, overpaid {Money(found.invoice.overpaid, currency)}"]


@group.command()
@exits
def refund(
    payment_id: int,
    amount: Annotated[
        str, typer.Argument(help="In major units; everything still refundable by default.")
    ] = "",
    channel: Annotated[
        Channel | None, typer.Option(help="Refund method; the payment's own method by default.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Reason, shown to the customer.")] = "",
    owed_again: Annotated[
        bool, typer.Option("--owed-again", help="Make the invoice payable again, without a credit note.")
    ] = False,
    key: Key = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Refund a payment, or part of it. Only Stripe refunds are sent for you; send others yourself."""
    app = open_app()
    with app.reading() as session:
        payment = receipts.payment_of(session, payment_id=payment_id)
        left = reversals.refundable(session, payment=payment)
    minor = parse_amount(amount, payment.currency) if amount else left
    order = RefundOrder(
        amount=minor,
        channel=channel or payment.channel,
        reason=reason,
        owed_again=owed_again,
        key=f"cli:{key[:70]}" if key else None,
    )
    shown = Money(minor, payment.currency)
    sure(f"Refund {shown} of payment {payment_id} (invoice {payment.invoice_id})?", yes)
    with app.transaction() as session:
        asked = refund_requests.request(
            session, payment_id=payment_id, order=order, actor="cli", now=app.now()
        )
        number = credit_note_number(asked)
    data: dict[str, object] = {
        "refund_id": asked.refund_id,
        "status": asked.status.value,
        "credit_note": number or None,
    }
    note = f", credit note {number}" if number else ""
    if asked.status is RefundStatus.PROPOSED:
        note = "; another person has to approve it on the staff pages"
    said(data, f"refund {asked.refund_id} of {shown} is {asked.status}{note}", as_json)


@group.command()
@exits
def receipt(payment_id: int, as_json: Json = False) -> None:
    """Send another copy of a payment's receipt; the first is sent automatically."""
    app = open_app()
    with app.transaction() as session:
        queued = receipts.send_again(session, payment_id=payment_id, actor="cli", now=app.now())
    said({"message_id": queued.message_id}, f"queued message {queued.message_id}", as_json)
