"""`paymail customers merge` says what it will do, asks, and does it once."""

from paymail.wiring import App
from tests.cli.test_sending_commands import app, run

__all__ = ["app"]


def test_two_customers_are_merged_after_a_question(app: App) -> None:
    asked = run("customers", "merge", "2", "--into", "1", expect=1)
    assert "c503@customer.example" in asked.stderr
    done = run("customers", "merge", "2", "--into", "1", "--yes")
    assert done.stdout == (
        "customer 2 is merged into 1: 1 invoice(s) moved, 0 queued email(s) go to the new address\n"
    )
    run("customers", "merge", "2", "--into", "1", "--yes")
    refused = run("customers", "merge", "1", "--into", "1", "--yes", expect=1)
    assert "into itself" in refused.stderr
