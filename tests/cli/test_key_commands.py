"""Keys of the staff API by command."""

import json

from paymail.wiring import App
from tests.cli.running import run


def test_a_key_is_printed_once_and_listed_without_its_secret(commands: App) -> None:
    issued = run("keys", "issue", "Book keeping", "--scope", "read", "--scope", "write")
    key = issued.stdout.strip()
    prefix = key.split("_")[1]
    assert "not shown again" in issued.stderr
    assert key not in issued.stderr
    (listed,) = json.loads(run("keys", "list", "--json").stdout)
    assert (listed["prefix"], listed["scopes"], listed["revoked_at"]) == (prefix, ["read", "write"], None)
    assert key[16:] not in str(listed)
    assert "Book keeping" in run("keys", "revoke", prefix).stdout
    assert "revoked" in run("keys", "list").stdout
    run("keys", "revoke", "0" * 12, expect=1)
    run("keys", "issue", "x", "--scope", "admin", expect=2)
    run("keys", "issue", "x", expect=2)


def test_a_key_of_one_issuer_says_so_in_the_list(two_invoices: App) -> None:
    run("keys", "issue", "Shop", "--scope", "read", "--issuer", "1")
    (listed,) = json.loads(run("keys", "list", "--json").stdout)
    assert listed["issuer_id"] == 1
    assert "(issuer 1)" in run("keys", "list").stdout
    run("keys", "issue", "x", "--scope", "read", "--issuer", "Nobody", expect=1)
