"""`paymail beat`."""

from paymail.cli import parent_watch
from paymail.cli.context import exits, load_settings, open_app
from paymail.wiring import build_celery


@exits
def beat() -> None:
    """Trigger the workers' periodic jobs."""
    parent_watch.hold_on()
    open_app().close()  # with an old or missing schema nobody could do what it asks for
    settings = load_settings()
    celery = build_celery(settings)
    celery.Beat(loglevel=settings.log_level, scheduler="celery.beat:Scheduler", quiet=True).run()
