"""A service says in its first line what runs on what."""

from structlog.testing import capture_logs

from paymail import __version__
from paymail.cli import start_line
from paymail.settings import load


def test_a_service_says_what_it_runs_on_and_no_password() -> None:
    found = load(
        database_url="postgres://me:hush@db/books",
        broker_url="redis://:hush@bus:6379/0",
        mail_transport="smtp",
        smtp_host="relay",
        smtp_username="me",
        smtp_password="hush",
    )
    with capture_logs() as lines:
        start_line.say("worker", found)
    assert lines == [
        {
            "event": "starting",
            "log_level": "info",
            "service": "worker",
            "version": __version__,
            "database": "postgresql+psycopg://db/books",
            "broker": "redis://bus:6379/0",
            "mail": "smtp://relay:587 starttls",
            "stripe": "sandbox",
        }
    ]
