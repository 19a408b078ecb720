"""`paymail tick`: one round of the workers' work by hand."""

from datetime import timedelta

import typer

import paymail.render.printer  # noqa: F401
from paymail.cli.context import exits, open_app
from paymail.tasks.reconciler import reconcile_due
from paymail.tasks.sweep import sweep_once


@exits
def tick() -> None:
    """Run the workers' jobs once: deliver due messages, process events, reconcile if due."""
    app = open_app()
    typer.echo(f"processed {sweep_once(app)} message(s) and event(s)")
    if minutes := app.settings.reconcile_minutes:
        reconcile_due(app, timedelta(minutes=minutes))
