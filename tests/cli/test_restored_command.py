"""`paymail db restored`, run twice at once and again."""

import pytest
from sqlalchemy import Engine, func, select

from paymail import db
from paymail.cli.db import RESTORED_LOCK
from paymail.db import run_locks
from paymail.models import Restore
from paymail.sandbox.server import SandboxServer
from tests.cli.running import run


@pytest.fixture
def commands_on(
    engine: Engine,
    database_url: str,
    sandbox: SandboxServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: object,
) -> Engine:
    """The database of the commands."""
    given = {"DATABASE_URL": database_url, "SANDBOX_URL": sandbox.url, "DATA_DIR": str(tmp_path)}
    for name, value in given.items():
        monkeypatch.setenv(f"PAYMAIL_{name}", value)
    return engine


def restores(engine: Engine) -> int:
    with db.reading(engine) as session:
        return session.scalar(select(func.count()).select_from(Restore)) or 0


def test_of_two_runs_at_once_one_is_refused_and_writes_nothing(commands_on: Engine) -> None:
    with run_locks.alone(commands_on, name="db restored", key=RESTORED_LOCK):
        refused = run("db", "restored", expect=1).stderr
        assert "another `paymail db restored` is running on this database" in refused
        assert restores(commands_on) == 0
    assert "on hold: mail and payments" in run("db", "restored").stdout
    assert restores(commands_on) == 1


def test_every_run_is_another_restore_but_for_one_that_vouches_for_the_database(commands_on: Engine) -> None:
    assert "without --again" in run("db", "restored", "--again", expect=1).stderr
    run("db", "restored")
    run("db", "restored", "--again")
    assert restores(commands_on) == 1
    run("db", "restored")
    assert restores(commands_on) == 2
    run("db", "restored", "--open", "mail")
    assert "on hold: nothing" in run("db", "restored", "--open", "payments").stdout
