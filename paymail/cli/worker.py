"""`paymail worker`, and `paymail tick`: one round of its work by hand."""

import warnings
from typing import Annotated

import typer
from celery.exceptions import SecurityWarning

# Who cannot make PDFs must not take an email up. Also before the fork: each child would import it again.
import paymail.render.printer  # noqa: F401
from paymail.cli import parent_watch, start_line
from paymail.cli.context import exits, load_settings, open_app
from paymail.tasks import register
from paymail.wiring import build, build_celery


@exits
def worker(
    pool: Annotated[str, typer.Option(help="threads (one process) or prefork.")] = "prefork",
    concurrency: Annotated[int, typer.Option(help="Threads or processes.")] = 2,
) -> None:
    """Deliver messages and process Stripe events."""
    parent_watch.hold_on()
    open_app().close()  # the embedded database must be there before the first sweep
    settings = load_settings()
    start_line.say("worker", settings)
    celery = build_celery(settings)
    register(celery, lambda: build(settings), prefork=pool == "prefork")
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
