"""`paymail invoices link` shows, replaces and takes back; `paymail reminders issuer` sets the end."""

import json

from paymail.models import Issuer
from paymail.wiring import App
from tests.cli.test_sending_commands import app, run

__all__ = ["app"]


def shown(*more: str) -> dict[str, str | None]:
    found: dict[str, str | None] = json.loads(run("invoices", "link", "502", "--json", *more).stdout)
    return found


def test_a_link_is_shown_replaced_and_taken_back(app: App) -> None:
    before = shown()
    assert shown() == before
    after = shown("--regenerate")
    assert after["payment_url"] != before["payment_url"]
    assert after["expires_at"] is not None
    assert str(after["payment_url"]) in run("invoices", "link", "502").stdout
    assert shown("--revoke") == {"payment_url": None, "expires_at": None}
    assert "has no pay link" in run("invoices", "link", "502").stdout
    run("invoices", "link", "502", "--regenerate", "--revoke", expect=2)
    run("invoices", "link", "999", expect=1)


def test_the_end_of_links_is_set_for_an_issuer(app: App) -> None:
    for text, days in (("45", 45), ("never", None)):
        run("reminders", "issuer", "--link-days", text)
        with app.reading() as session:
            assert session.get_one(Issuer, 1).link_days == days
    run("reminders", "issuer", "--link-days", "soon", expect=1)
    assert "link_days" in run("reminders", "show").stdout
