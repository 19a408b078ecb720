"""`paymail events`: what Stripe told us, what became of it, and working on it again."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.models import GatewayEventState
from paymail.services.payments import gateway_events
from paymail.services.payments.gateway_events import EventFilter, Listed

group = typer.Typer(help="Events received from Stripe.", no_args_is_help=True)
MOST_RINGS = 50


@group.command("list")
@exits
def list_(
    state: Annotated[GatewayEventState | None, typer.Option(help="Only events in this state.")] = None,
    type_: Annotated[str, typer.Option("--type", help="Only events of this type.")] = "",
    invoice: Annotated[int | None, typer.Option(help="Only events for this invoice.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """List events, most recently received first."""
    app = open_app()
    wanted = EventFilter(state=state, type=type_, invoice_id=invoice)
    with app.reading() as session:
        rows, _next = gateway_events.slice_of(session, wanted=wanted, limit=limit)
        shown = [_shown(row) for row in rows]
    app.close()
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False))
        return
    for row in shown:
        typer.echo("{event_id:30} {state:8} {type:32} #{invoice_id!s:6} {attempts:>3} {reason}".format(**row))


@group.command()
@exits
def show(event_id: str, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show one event."""
    app = open_app()
    with app.reading() as session:
        data = _shown(gateway_events.one(session, event_id=event_id))
    app.close()
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    for key, value in data.items():
        typer.echo(f"{key:12} {value}")


@group.command()
@exits
def reprocess(
    event_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]…")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="All dead events.")] = False,
) -> None:
    """Ask the workers to process events again; safe for events that are already done."""
    if bool(event_ids) == dead:
        raise typer.BadParameter("give event ids, or --dead")
    app = open_app()
    with app.transaction() as session:
        chosen = list(event_ids or gateway_events.dead(session))
        for event_id in chosen:
            gateway_events.reprocess(session, event_id=event_id, actor="cli", now=app.now())
    for event_id in chosen[:MOST_RINGS]:
        app.doorbell.ring_event(event_id)
    app.close()
    typer.echo(f"{len(chosen)} event(s) will be processed again")


def _shown(row: Listed) -> dict[str, object]:
    event = row.event
    return {
        "event_id": event.event_id,
        "type": event.type,
        "account": event.account,
        "intent_id": event.intent_id,
        "invoice_id": row.invoice_id,
        "state": event.state.value,
        "reason": event.reason,
        "attempts": event.attempts,
        "next_at": event.next_at.isoformat(timespec="seconds"),
        "created_at": gateway_events.happened_at(event).isoformat(timespec="seconds"),
        "received_at": event.received_at.isoformat(timespec="seconds"),
        "request_id": event.request_id,
    }
