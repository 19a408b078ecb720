"""A service says in its first line what runs on what."""

import json

import pytest

from paymail import __version__, observability
from paymail.cli import start_line
from paymail.settings import load


def test_a_service_says_what_it_runs_on_and_no_password(capsys: pytest.CaptureFixture[str]) -> None:
    found = load(
        database_url="postgres://me:hush@db/books",
        broker_url="redis://:hush@bus:6379/0",
        mail_transport="smtp",
        smtp_host="relay",
        smtp_username="me",
        smtp_password="hush",
    )
    observability.configure("INFO", as_json=True)
    start_line.say("worker", found)
    line = json.loads(capsys.readouterr().err)
    assert "hush" not in json.dumps(line)
    assert {
        "service": "worker",
        "version": __version__,
        "database": "postgresql+psycopg://db/books",
        "broker": "redis://bus:6379/0",
        "mail": "smtp://relay:587 starttls",
        "stripe": "sandbox",
    }.items() <= line.items()
