"""`paymail worker`, and `paymail tick`: one round of its work by hand."""

import socket
import warnings
from typing import Annotated

import typer
from celery.exceptions import SecurityWarning

from paymail.cli import metrics_port, parent_watch, start_line, traces
from paymail.cli.context import FAILURE, exits, load_settings, open_app
from paymail.services.outbox import heartbeats
from paymail.tasks import register
from paymail.wiring import build, build_celery


@exits
def worker(
    pool: Annotated[str, typer.Option(help="threads (one process) or prefork.")] = "prefork",
    concurrency: Annotated[int, typer.Option(help="Threads or processes.")] = 2,
    healthcheck: Annotated[
        bool, typer.Option("--healthcheck", help="Start nothing; exit with 0 if this host's worker is alive.")
    ] = False,
) -> None:
    """Deliver messages and process Stripe events."""
    if healthcheck:
        _say_whether_alive()
        return
    # Who cannot make PDFs must not take an email up. Also before the fork: each child would import it again.
    from paymail.render.printer import Printer  # noqa: F401

    parent_watch.hold_on()
    open_app().close()  # the embedded database must be there before the first sweep
    settings = load_settings()
    start_line.say("worker", settings)
    celery = build_celery(settings)
    register(celery, lambda: build(settings), prefork=pool == "prefork")
    traces.send_if_wanted("worker", settings)
    metrics_port.open_if_wanted("worker", settings)
    # Celery warns root about pickled tasks; ours are JSON only.
    warnings.simplefilter("ignore", SecurityWarning)
    celery.worker_main(
        [
            "--quiet",
            "worker",
            f"--pool={pool}",
            f"--concurrency={concurrency}",
            f"--loglevel={settings.log_level}",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )


def _say_whether_alive() -> None:
    app = open_app(migrate=False)
    with app.reading() as session:
        found = heartbeats.pulse(session, since=app.now() - heartbeats.ALIVE, host=socket.gethostname()[:100])
    app.close()
    typer.echo(f"{found.alive} process(es) alive on this host")
    if not found.alive:
        raise typer.Exit(FAILURE)
