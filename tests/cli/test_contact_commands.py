"""`paymail contacts` adds, lists and removes."""

import json

from paymail.wiring import App
from tests.cli.test_sending_commands import app, run

__all__ = ["app"]


def test_a_contact_is_added_listed_and_removed(app: App) -> None:
    run("contacts", "add", "1", "books@accountant.example", "--role", "bcc", "--gets", "invoices")
    (row,) = json.loads(run("contacts", "list", "1", "--json").stdout)
    assert (row["role"], row["gets"], row["set_by"]) == ("bcc", ["invoices"], "staff")
    assert "bcc  books@accountant.example  invoices" in run("contacts", "list", "1").stdout
    run("contacts", "add", "1", "books@accountant.example", expect=1)
    run("contacts", "remove", "1", str(row["contact_id"]))
    assert json.loads(run("contacts", "list", "1", "--json").stdout) == []
    run("contacts", "remove", "1", str(row["contact_id"]), expect=1)
    run("contacts", "list", "999", expect=1)
