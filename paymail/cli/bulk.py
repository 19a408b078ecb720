"""`paymail bulk`: invoice emails for a filter, at a rate."""

import json
from datetime import date, datetime
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import At, Json
from paymail.models import PaymentStatus
from paymail.services.core.calendar import when
from paymail.services.core.issuers import find_issuer
from paymail.services.lists.invoice_filter import from_text
from paymail.services.outbox.gates import rate_of
from paymail.services.sending import bulk
from paymail.services.sending.bulk import Progress, Selection, fixed

group = typer.Typer(help="Send invoice emails in bulk.", no_args_is_help=True)
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Filter: due before this day.")]


@group.command()
@exits
def start(
    payment_status: Annotated[PaymentStatus | None, typer.Option(help="Filter.")] = None,
    currency: Annotated[str, typer.Option(help="Filter.")] = "",
    customer: Annotated[str, typer.Option(help="Filter: exact name.")] = "",
    due_before: Day = None,
    failed_of: Annotated[
        int | None, typer.Option(help="Only the emails that failed in this bulk send.")
    ] = None,
    filter_: Annotated[
        str, typer.Option("--filter", help="A filter as of `invoices list`, such as 'delivery=not-emailed'.")
    ] = "",
    at: At = "",
    rate: Annotated[str, typer.Option(help="Emails per minute, or a preset (office365, ses).")] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Include customers who already have the email.")
    ] = False,
    issuer: Annotated[
        str, typer.Option(help="Issuer whose time zone --at uses; not needed if there is only one.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Email every matching invoice with a balance due. Customers who already have the email are skipped."""
    app = open_app()
    if not (payment_status or currency or customer or due_before or failed_of or filter_):
        raise typer.BadParameter("no filter given; see `paymail bulk start --help`")
    selection = Selection(
        payment_status, currency, customer, _day(due_before), failed_of, filter=from_text(filter_).query
    )
    with app.transaction() as session:
        now = app.now()
        starts = when(at, find_issuer(session, ref=issuer), now) if at else None
        begun = bulk.start(
            session,
            selection=fixed(session, selection, now),
            actor="cli",
            now=now,
            at=starts,
            rate=rate_of(rate),
            again=again,
        )
    bulk.expand_all(app.context())
    show(begun.bulk_id, as_json=as_json)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


@group.command("list")
@exits
def list_(as_json: Json = False) -> None:
    """List bulk sends, newest first."""
    app = open_app()
    with app.reading() as session:
        found = bulk.listed(session, now=app.now(), default_rate=app.sender_rate)
        rows = [described(one) for one in found]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        typer.echo(_line(row))


@group.command()
@exits
def show(bulk_id: int, as_json: Json = False) -> None:
    """Show the progress of a bulk send, and when it is expected to finish."""
    app = open_app()
    with app.reading() as session:
        found = bulk.progress(session, bulk_id=bulk_id, now=app.now(), default_rate=app.sender_rate)
        row = described(found)
    typer.echo(json.dumps(row) if as_json else _line(row))


@group.command()
@exits
def pause(bulk_id: int) -> None:
    """Pause a bulk send until it is resumed."""
    app = open_app()
    with app.transaction() as session:
        bulk.pause(session, bulk_id=bulk_id, actor="cli", now=app.now())
    typer.echo(f"bulk send {bulk_id} is paused")


@group.command()
@exits
def resume(bulk_id: int) -> None:
    """Resume a paused bulk send."""
    app = open_app()
    with app.transaction() as session:
        bulk.resume(session, bulk_id=bulk_id)
    typer.echo(f"bulk send {bulk_id} is running again")


@group.command()
@exits
def cancel(bulk_id: int) -> None:
    """Cancel every message of a bulk send that has not been handed over."""
    app = open_app()
    with app.transaction() as session:
        withdrawn = bulk.cancel(session, bulk_id=bulk_id, actor="cli", now=app.now())
    typer.echo(f"bulk send {bulk_id} is cancelled: {withdrawn} message(s) cancelled")


def described(found: Progress) -> dict[str, object]:
    """Return a bulk send as JSON has it."""
    return {
        "bulk_id": found.bulk.bulk_id,
        "state": found.name,
        "queued": found.bulk.queued,
        "skipped": found.bulk.skipped,
        "waiting": found.waiting,
        "messages": found.counts,
        "rate_per_minute": found.rate,
        "starts_at": found.bulk.starts_at.isoformat(),
        "finishes_at": found.finishes_at.isoformat() if found.finishes_at else None,
    }


def _line(row: dict[str, object]) -> str:
    finish = f", expected to finish at {row['finishes_at']}" if row["finishes_at"] else ""
    return (
        f"bulk send {row['bulk_id']}: {row['state']}, {row['queued']} queued,"
        f" {row['skipped']} skipped, {row['waiting']} waiting{finish}"
    )
