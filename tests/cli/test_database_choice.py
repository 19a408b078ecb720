"""A command works on the database that was meant, or on none."""

from pathlib import Path

import pytest

from paymail.wiring import App
from tests.cli.running import run

COMMANDS = [
    ("invoices", "list"),
    ("db", "upgrade"),
    ("tick",),
    ("worker",),
    ("web", "--port", "0"),
    ("beat",),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_shell_without_its_environment_does_not_get_a_new_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PAYMAIL_DATA_DIR", raising=False)
    said = run(*command, expect=3).output
    assert said.startswith("paymail: no database: set PAYMAIL_DATABASE_URL, or")
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_new_database_is_made_for_who_asks_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PAYMAIL_EMBEDDED", "1")
    run("db", "upgrade")
    monkeypatch.delenv("PAYMAIL_EMBEDDED")
    assert "up to date" in run("db", "check").output


def test_a_command_says_which_database_it_uses(commands: App, monkeypatch: pytest.MonkeyPatch) -> None:
    file = commands.settings.data_dir / "paymail.db"
    assert run("--show-database", "db", "check").stderr == f"paymail: database sqlite:///{file}\n"
    assert run("db", "check").stderr == ""
    monkeypatch.setenv("PAYMAIL_DATABASE_URL", "postgres://me:hush@127.0.0.1:1/books")
    said = run("--show-database", "db", "check", expect=1).stderr
    assert said.startswith("paymail: database postgresql+psycopg://me:***@127.0.0.1:1/books\n")


def test_a_file_of_variables_names_the_database(
    commands: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = commands.settings.data_dir
    monkeypatch.delenv("PAYMAIL_DATA_DIR")
    monkeypatch.setenv("PAYMAIL_ENV_FILE", "")  # so that it is put back after the test
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paymail.env").write_text(f"PAYMAIL_DATA_DIR={folder}\n")
    assert "up to date" in run("--env-file", "paymail.env", "db", "check").output
    assert "--env-file: " in run("--env-file", "none.env", "db", "check", expect=3).output
