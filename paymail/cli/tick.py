"""`paymail tick`: one round of the workers' work by hand."""

from datetime import timedelta

import typer

import paymail.render.printer  # noqa: F401
from paymail.cli.context import exits, open_app
from paymail.tasks.reconciler import reconcile_due
from paymail.tasks.sweep import sweep_once


@exits
def tick() -> None:
    """Do once what the workers do: deliver what is due, work on events, reconcile when it is time."""
    app = open_app()
    typer.echo(f"worked on {sweep_once(app)} message(s) and event(s)")
    if minutes := app.settings.reconcile_minutes:
        reconcile_due(app, timedelta(minutes=minutes))
