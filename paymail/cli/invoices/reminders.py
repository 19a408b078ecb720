"""`paymail forecast`, and what `paymail invoices` does about reminders."""

import json
from datetime import datetime
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import Json
from paymail.emails import Tone
from paymail.models import HoldReason
from paymail.services.core.history import history
from paymail.services.core.invoices import load_invoice
from paymail.services.forecast.explanation import Explanation, explain
from paymail.services.reminders import by_hand, holds


@group.command("explain")
@exits
def explain_(invoice_id: int, as_json: Json = False) -> None:
    """Show an invoice's next reminder, why none is due now, and its history."""
    app = open_app()
    with app.reading() as session:
        found = explain(session, invoice_id=invoice_id, now=app.now())
        events = history(session, invoice_id=invoice_id)
    if as_json:
        data = explained(found)
        data["history"] = [
            {"at": e.at.isoformat(), "kind": e.kind, "actor": e.actor, "detail": e.detail} for e in events
        ]
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    typer.echo(f"next reminder  {found.next_local or 'none'}")
    if found.problem or found.reason:
        typer.echo(f"why not now    {found.problem or found.reason}")
    for step in found.steps:
        typer.echo(f"step {step.step:>4}      {step.local:26} {step.tone:9} {step.fate}")
    for event in events:
        typer.echo(f"{event.at:%Y-%m-%d %H:%M}Z  {event.kind:20} {event.actor:12} {event.detail}")


def explained(found: Explanation) -> dict[str, object]:
    """Return an explanation as JSON has it."""
    return {
        "invoice_id": found.invoice.invoice_id,
        "next_at": found.next_at.isoformat() if found.next_at else None,
        "next_local": found.next_local,
        "reason": found.problem or found.reason,
        "steps": [
            {
                "step": step.step,
                "tone": step.tone,
                "at": step.at.isoformat(),
                "local": step.local,
                "fate": step.fate,
                "message_id": step.message_id,
            }
            for step in found.steps
        ],
    }


@group.command()
@exits
def hold(
    invoice_id: int,
    reason: Annotated[HoldReason, typer.Option(help="Why.")] = HoldReason.STAFF,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Hold until the end of this day; until released by default."),
    ] = None,
    detail: Annotated[str, typer.Option(help="Note for the history.")] = "",
) -> None:
    """Hold an invoice's reminders."""
    app = open_app()
    with app.transaction() as session:
        now = app.now()
        issuer = load_invoice(session, invoice_id=invoice_id).issuer
        ends = holds.end_of_day(until.date(), issuer, now) if until else None
        holds.place(
            session,
            invoice_id=invoice_id,
            reason=reason,
            actor="cli",
            now=now,
            until=ends,
            detail=detail,
        )
    typer.echo(f"reminders for invoice {invoice_id} are on hold")


@group.command()
@exits
def release(invoice_id: int) -> None:
    """Release every hold on an invoice."""
    app = open_app()
    with app.transaction() as session:
        holds.lift(session, invoice_id=invoice_id, actor="cli", now=app.now())
    typer.echo(f"reminders for invoice {invoice_id} are no longer on hold")


@group.command()
@exits
def remind(
    invoice_id: int,
    tone: Annotated[
        Tone | None, typer.Option(help="Tone of the reminder; if not given, the ladder's for today.")
    ] = None,
) -> None:
    """Send a reminder now, regardless of the ladder."""
    app = open_app()
    with app.transaction() as session:
        queued = by_hand.remind_by_hand(session, invoice_id=invoice_id, tone=tone, actor="cli", now=app.now())
    typer.echo(f"queued message {queued.message_id}")
