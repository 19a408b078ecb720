"""`paymail beat`."""

from paymail.cli import database_choice, parent_watch, start_line
from paymail.cli.context import exits, load_settings
from paymail.wiring import build_celery


@exits
def beat() -> None:
    """Trigger the workers' periodic jobs."""
    parent_watch.hold_on()
    settings = load_settings()
    database_choice.refuse_a_new_one(settings)  # beside it are the files of its broker
    celery = build_celery(settings)
    start_line.say("beat", settings)
    celery.Beat(loglevel=settings.log_level, scheduler="celery.beat:Scheduler", quiet=True).run()
