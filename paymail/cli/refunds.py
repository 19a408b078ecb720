"""`paymail refunds`: refunds that wait for a second person. They are approved on the staff pages only."""

import json
from typing import Annotated, Any

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import Json
from paymail.cli.output import said
from paymail.models import Invoice, Refund
from paymail.money import Money
from paymail.services.refunds import refund_approvals

group = typer.Typer(help="Refunds that wait for a second person's approval.", no_args_is_help=True)


@group.command("list")
@exits
def list_(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 100,
    as_json: Json = False,
) -> None:
    """List the refunds that wait for approval, oldest first. People approve them on the staff pages."""
    app = open_app()
    with app.reading() as session:
        rows = [_row(refund, invoice) for refund, invoice in refund_approvals.proposals(session, limit=limit)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(
            f"refund {row['refund_id']:<6} invoice {row['invoice_id']:<6} {row['amount_text']:>18}"
            f"  {row['requested_at'][:10]}  by {row['requested_by']}  {row['reason']}".rstrip()
        )


@group.command()
@exits
def refuse(
    refund_id: int,
    reason: Annotated[str, typer.Option(help="Why; staff read it.")],
    as_json: Json = False,
) -> None:
    """Refuse a refund that waits for approval."""
    app = open_app()
    with app.transaction() as session:
        ended = refund_approvals.refuse(
            session, refund_id=refund_id, reason=reason, actor="cli", now=app.now()
        )
    _say(ended, as_json)


@group.command()
@exits
def withdraw(refund_id: int, as_json: Json = False) -> None:
    """Withdraw a refund that was asked for on the command line and waits for approval."""
    app = open_app()
    with app.transaction() as session:
        ended = refund_approvals.withdraw(session, refund_id=refund_id, actor="cli", now=app.now())
    _say(ended, as_json)


def _say(refund: Refund, as_json: bool) -> None:
    data: dict[str, object] = {"refund_id": refund.refund_id, "status": refund.status.value}
    said(data, f"refund {refund.refund_id} is {refund.status}", as_json)


def _row(refund: Refund, invoice: Invoice) -> dict[str, Any]:
    amount = Money(refund.amount, refund.currency)
    return {
        "refund_id": refund.refund_id,
        "invoice_id": invoice.invoice_id,
        "payment_id": refund.payment_id,
        "amount": float(amount.decimal),
        "amount_text": str(amount),
        "currency": refund.currency,
        "channel": refund.channel.value,
        "reason": refund.reason,
        "requested_by": refund.actor,
        "requested_at": refund.created_at.isoformat(),
    }
