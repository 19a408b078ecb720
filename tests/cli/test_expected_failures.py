"""What an operator can put right is told in one line and an exit code, by every command."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from sqlalchemy import create_engine

from paymail.cli import cli
from paymail.cli.lazy_commands import Deferred
from paymail.settings import load
from paymail.wiring import App
from tests.cli.running import run
from tests.conftest import free_port
from tests.postgres import Cluster


def told(*arguments: str, expect: int) -> str:
    """Run a command that fails; return the one line that it says."""
    lines = run(*arguments, expect=expect).output.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("paymail: ")
    return lines[0]


def functions(command: Any) -> Iterator[tuple[str, object]]:
    """Return what a command and those below it call."""
    found = command.load() if isinstance(command, Deferred) else command
    if below := getattr(found, "commands", None):
        for one in below.values():
            yield from functions(one)
    else:
        yield str(found.name), found.callback


def code_of(function: object) -> str:
    """Return the file of the outermost function of ours: typer's own callback wraps it."""
    wrapped = getattr(function, "__wrapped__", function)
    return wrapped.__code__.co_filename  # type: ignore[attr-defined,no-any-return]


def test_every_command_tells_expected_failures_in_one_line() -> None:
    found = list(functions(typer.main.get_command(cli)))
    assert len(found) > 50
    for name, function in found:
        assert "/cli/context.py" in code_of(function), name


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
@pytest.mark.parametrize("command", [("db", "check"), ("invoices", "list"), ("tick",)])
def test_a_database_that_is_down(
    commands: App, monkeypatch: pytest.MonkeyPatch, scheme: str, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PAYMAIL_DATABASE_URL", f"{scheme}://me:hush@127.0.0.1:{free_port()}/books")
    line = told(*command, expect=1)
    assert "Connection refused" in line
    assert "hush" not in line


def test_addresses_as_hosting_companies_write_them_reach_the_database(postgres: Cluster) -> None:
    url = postgres.create("plain_address")
    plain = url.replace("postgresql+psycopg://", "postgres://")
    engine = create_engine(load(database_url=plain).database)
    with engine.connect() as connection:
        assert connection.dialect.driver == "psycopg"
    engine.dispose()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PAYMAIL_SMTP_PORT", "often"),
        ("PAYMAIL_DATABASE_URL", "mysql://me:hush@host/books"),
        ("PAYMAIL_DATABASE_URL", "hush"),
        ("PAYMAIL_DATABASE_URL", "postgresql://me:hush@host:port/books"),
        ("PAYMAIL_BROKER_URL", "rabbit://me:hush@host/1"),
        ("PAYMAIL_SENDER_RATE", "fast"),
    ],
)
def test_a_bad_value_names_its_variable(
    commands: App, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    line = told("invoices", "list", expect=3)
    assert line.startswith(f"paymail: {variable}: ")
    assert "hush" not in line


@pytest.mark.parametrize("command", [("invoices", "list"), ("beat",), ("worker",), ("up",)])
def test_a_data_folder_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(tmp_path / "file" / "data"))
    monkeypatch.setenv("PAYMAIL_EMBEDDED", "1")
    assert "PAYMAIL_DATA_DIR: " in told(*command, expect=3)


def test_a_file_that_is_no_database(commands: App) -> None:
    file = commands.settings.data_dir / "paymail.db"
    file.write_bytes(b"no database " * 400)
    assert f"database sqlite:///{file}: file is not a database" in told("invoices", "list", expect=1)


@pytest.mark.parametrize("command", [("web",), ("sandbox", "serve")])
def test_a_port_that_is_taken(commands: App, command: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} is already in use" in told(*command, "--port", str(port), expect=1)


def test_an_address_that_this_host_does_not_have(commands: App) -> None:
    assert "Cannot assign" in told("web", "--host", "192.0.2.1", expect=1)
