"""`paymail tick`: one round of the workers' work by hand."""

from datetime import timedelta

import typer
from sqlalchemy import text

import paymail.render.printer  # noqa: F401
from paymail.cli.context import exits, open_app
from paymail.tasks.reconciler import reconcile_due
from paymail.tasks.sweep import sweep_once


@exits
def tick() -> None:
    """Run the workers' jobs once: deliver due messages, process events, reconcile if due."""
    app = open_app()
    with app.reading() as session:  # here it is one line; each part of the sweep would log its own traceback
        session.execute(text("SELECT 1"))
    typer.echo(f"processed {sweep_once(app)} message(s) and event(s)")
    if minutes := app.settings.reconcile_minutes:
        reconcile_due(app, timedelta(minutes=minutes))
