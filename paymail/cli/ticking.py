"""`paymail beat`, which rings; and `paymail tick`, one round of the work by hand."""

from datetime import timedelta

import typer

from paymail.cli import lifeline
from paymail.cli.context import exits, load_settings, open_app
from paymail.tasks.reconciling import reconcile_due
from paymail.tasks.sweeping import sweep_once
from paymail.wiring import build_celery


@exits
def beat() -> None:
    """Ring the periodic tick."""
    lifeline.hold_on()
    settings = load_settings()
    celery = build_celery(settings)
    celery.Beat(loglevel=settings.log_level, scheduler="celery.beat:Scheduler", quiet=True).run()


@exits
def tick() -> None:
    """Do once what the workers do: deliver what is due, work on events, reconcile when it is time."""
    app = open_app()
    typer.echo(f"worked on {sweep_once(app)} message(s) and event(s)")
    if minutes := app.settings.reconcile_minutes:
        reconcile_due(app, timedelta(minutes=minutes))
