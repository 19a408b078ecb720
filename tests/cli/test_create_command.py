"""`paymail invoices create` and `issue`: one invoice by hand, with the checks of an import."""

import json
from pathlib import Path
from typing import Any

import pytest

from paymail.models import Invoice, InvoiceStatus, Issuer
from paymail.wiring import App
from tests.cli.running import run
from tests.factories import NOW
from tests.web.api.test_put_invoices import BODY

SIMPLE = (
    *("invoices", "create", "--customer-name", "Acme", "--customer-email", "a@acme.example"),
    *("--issued", "2026-03-01", "--due", "2026-03-31", "--tax-rate", "10"),
)


@pytest.fixture
def host(commands: App) -> App:
    with commands.transaction() as session:
        session.add(
            Issuer(name="Host Pty Ltd", email="billing@host.example", tax_id="51 824 753 556", created_at=NOW)
        )
    return commands


def made(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json").stdout)
    return found


def test_an_invoice_is_made_by_options_as_a_draft_and_issued(host: App) -> None:
    lines = ("--line", "Support; 1.5; 50.00", "--line", "Licence;1;25.00;0")
    assert made(*SIMPLE, *lines) == {
        "invoice_id": 1,
        "number": "1",
        "status": "draft",
        "currency": "AUD",
        "total": 107.5,
    }
    assert "invoice 1 is issued" in run("invoices", "issue", "1").stdout
    assert made("invoices", "issue", "1") == {"invoice_id": 1, "status": "sent", "issued": False}
    second = run(*SIMPLE, *lines, "--number", "INV-7", "--issue", "--notes", "Thank you")
    assert "created invoice INV-7 (id 2) over AUD 107.50; it is issued" in second.stdout
    with host.reading() as session:
        found = session.get_one(Invoice, 2)
        assert (found.status, found.notes) == (InvoiceStatus.SENT, "Thank you")


def test_the_date_of_issue_is_today_on_the_issuers_calendar(host: App) -> None:
    run(
        *("invoices", "create", "--customer-name", "Acme", "--customer-email", "a@acme.example"),
        *("--due", "2199-01-01", "--line", "Support;1;50.00;10"),
    )
    with host.reading() as session:
        found = session.get_one(Invoice, 1)
    assert abs((found.issued_date - host.now().date()).days) <= 1


def test_every_fault_is_named_and_nothing_is_made(host: App) -> None:
    told = run(*SIMPLE, "--line", "Support;one;50.00", "--line", "Licence;1;1,50;x", expect=1).output
    for place in ("/items/0/quantity", "/items/1/unit_price", "/items/1/tax_rate"):
        assert f"{place}: is not a decimal number such as 1234.50" in told
    assert "the invoice has 3 faults; nothing was changed" in told
    assert "is missing" in run(*SIMPLE[:-2], "--line", "Support;1;5", expect=1).output
    for unfit in (("--line", "Support;1"), ("--line", "a;1;2;3;4"), ()):
        run(*SIMPLE, *unfit, expect=2)
    with host.reading() as session:
        assert session.query(Invoice).count() == 0


def test_a_known_number_is_not_made_again(host: App) -> None:
    line = ("--line", "Support;1;50.00", "--number", "INV-7")
    run(*SIMPLE, *line)
    told = run(*SIMPLE, *line, expect=1).output
    assert "/invoice_number: invoice INV-7 exists already" in told


def test_an_invoice_is_made_from_a_file_in_the_form_of_the_api(host: App, tmp_path: Path) -> None:
    file = tmp_path / "invoice.json"
    file.write_text(json.dumps(BODY | {"external_ref": "a-1"}))
    arguments = ("invoices", "create", "--from", str(file))
    assert made(*arguments, "--issue")["number"] == "INV-7"
    assert "exists already" in run(*arguments, expect=1).output
    file.write_text(json.dumps(BODY | {"colour": "red", "tax_rate": 10}))
    told = run(*arguments, expect=1).output
    assert "/colour: Unknown field" in told
    assert "/tax_rate: " in told
    file.write_text("{")
    assert "/: This is not valid JSON." in run(*arguments, expect=1).output
    run(*arguments, "--notes", "x", expect=2)
    run("invoices", "create", "--from", str(tmp_path / "none.json"), expect=2)
