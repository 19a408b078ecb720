"""Keys of the staff API by command."""

import json

from typer.testing import CliRunner

from paymail.cli import cli
from paymail.wiring import App


def run(*arguments: str, expect: int = 0) -> tuple[str, str]:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == expect, done.output
    return done.stdout, done.stderr


def test_a_key_is_printed_once_and_listed_without_its_secret(commands: App) -> None:
    out, err = run("keys", "issue", "Book keeping", "--scope", "read", "--scope", "write")
    key = out.strip()
    prefix = key.split("_")[1]
    assert "only time" in err
    assert key not in err
    (listed,) = json.loads(run("keys", "list", "--json")[0])
    assert (listed["prefix"], listed["scopes"], listed["revoked_at"]) == (prefix, ["read", "write"], None)
    assert key[16:] not in str(listed)
    assert "Book keeping" in run("keys", "revoke", prefix)[0]
    assert "revoked" in run("keys", "list")[0]
    run("keys", "revoke", "0" * 12, expect=1)
    run("keys", "issue", "x", "--scope", "admin", expect=2)
    run("keys", "issue", "x", expect=2)
