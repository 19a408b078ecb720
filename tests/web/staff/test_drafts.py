"""Drafts written on a page: made once, worked out by the server, changed by one person at a time."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from paymail.models import Customer, Invoice, InvoiceLine, InvoiceStatus
from paymail.services.core.invoices import load_invoice
from tests.web.conftest import Biller

KEY = "0123456789abcdef"
FORM: dict[str, Any] = {
    "company": "1",
    "customer": "The Vacuum Shop",
    "email": "",
    "issued": "2026-03-17",
    "due": "2026-03-31",
    "currency": "AUD",
    "order": "PO-7",
    "notes": "Thank you",
    "description": ["Remote <support>", "Cabling", ""],
    "quantity": ["3.5", "24", ""],
    "price": ["150", "3.3625", ""],
    "rate": ["10", "10", "10"],
    "category": ["", "", ""],
    "request_key": KEY,
}


@pytest.fixture
def known(biller: Biller) -> Biller:
    """A company and its customer, who has invoice 502."""
    biller.site.invoice()
    return biller


def made(biller: Biller) -> list[Invoice]:
    """Return the invoices but for 502, with their lines."""
    with biller.site.app.reading() as session:
        ids = session.scalars(select(Invoice.invoice_id).where(Invoice.invoice_id != 502))
        return [load_invoice(session, invoice_id=one) for one in sorted(ids)]


def save(biller: Biller, status: int = 200, **form: object) -> str:
    return biller.post("/invoices/new", status, **FORM | form)


def version(biller: Biller, invoice_id: int) -> str:
    return biller.hidden(biller.get(f"/invoices/{invoice_id}/edit"), "version")


def test_a_double_click_makes_one_draft_with_the_next_number_and_sums_by_our_rules(known: Biller) -> None:
    assert "the next free one, 503." in known.get("/invoices/new")
    for _ in range(2):
        page = save(known)
    (draft,) = made(known)
    assert (draft.number, draft.status, draft.customer_id) == ("503", InvoiceStatus.DRAFT, 1)
    assert [line.amount for line in draft.lines] == [52500, 8070]
    assert (draft.subtotal, draft.tax_amount, draft.total) == (60570, 6057, 66627)
    assert (draft.purchase_order, draft.notes) == ("PO-7", "Thank you")
    assert "<h1>Invoice #503" in page
    assert "Remote &lt;support&gt;" in page
    save(known, request_key="another-press-of-it")
    assert [one.number for one in made(known)] == ["503", "504"]
    assert known.messages() == []


def test_the_server_works_out_the_sums_without_saving_or_finding_fault(known: Biller) -> None:
    page = save(known, act="work_out", customer="")
    for sum_ in ("525.00", "80.70", "605.70", "60.57", "666.27"):
        assert f">{sum_}</output>" in page
    assert 'class="error"' not in page
    assert made(known) == []
    page = save(known, act="work_out", currency="JPY", price=["150", "3.4", ""])
    assert ">82</output>" in page


def test_all_faults_are_told_at_once_beside_their_fields_and_nothing_typed_is_lost(known: Biller) -> None:
    page = save(
        known, 422, customer="Nobody & Sons", due="2026-03-01", currency="XXX", order="P" * 101,
        quantity=["many", "24", ""], price=["150", "", ""], rate=["10", "10", "x"],
        description=["One", "", "Three"],
    )  # fmt: skip
    errors = re.findall(r'class="error" id="([\w-]+)">([^<]+)<', page)
    assert {one for one, _ in errors} >= {
        "email-h", "due-h", "currency-h", "order-h", "quantity-1", "description-2", "price-2", "rate-3",
    }  # fmt: skip
    assert dict(errors)["email-h"] == "Is a new customer&#39;s: enter it."
    assert 'value="Nobody &amp; Sons"' in page
    assert 'value="many"' in page
    assert ">Three</textarea>" in page
    assert made(known) == []
    assert "Enter at least one line." in save(known, 422, description=[""], quantity=[""], price=[""])
    save(known)  # the same press, mended
    assert len(made(known)) == 1


def test_a_refused_draft_can_be_mended_under_the_same_key(known: Biller) -> None:
    page = save(known, 409, number="502")
    assert 'id="number-h"' in page
    assert made(known) == []
    save(known, number="A-1")
    assert [one.number for one in made(known)] == ["A-1"]


def test_a_customer_is_picked_by_name_or_made_with_an_address(known: Biller) -> None:
    page = save(known, customer="New & Co", email="accounts@new.example")
    (draft,) = made(known)
    assert draft.customer.name == "New & Co"
    assert f'href="/staff/customers/{draft.customer_id}"' in page
    assert '<option value="New &amp; Co">accounts@new.example</option>' in known.get("/invoices/new")
    assert 'value="accounts@new.example"' in known.get(f"/invoices/new?customer={draft.customer_id}")
    with known.site.app.transaction() as session:
        session.add(
            Customer(issuer_id=1, name="The Vacuum Shop", email="b@b.example", created_at=known.clock)
        )
    page = save(known, 422, request_key="another-press-of-it")
    assert "Several customers have this name; enter the address of one." in page


def test_a_draft_is_changed_and_a_second_editor_is_refused_and_loses_nothing(known: Biller) -> None:
    save(known)
    (draft,) = made(known)
    read = version(known, draft.invoice_id)
    known.move(minutes=1)
    first = FORM | {"version": read, "number": "503", "quantity": ["4", "24", ""]}
    page = known.post(f"/invoices/{draft.invoice_id}/edit", **first)
    assert "The draft is changed." in page
    assert made(known)[0].total == 74877
    second = first | {"notes": "Mine & yours"}
    page = known.post(f"/invoices/{draft.invoice_id}/edit", 409, **second)
    assert "somebody else has changed this draft" in page
    assert ">Mine &amp; yours</textarea>" in page
    assert made(known)[0].notes == "Thank you"


def test_the_address_of_a_known_customer_is_not_changed_by_a_draft(known: Biller) -> None:
    save(known)
    (draft,) = made(known)
    form = FORM | {"version": version(known, draft.invoice_id), "email": "other@x.example"}
    page = known.post(f"/invoices/{draft.invoice_id}/edit", 422, **form)
    assert "Change the address on the customer&#39;s page." in page


def test_what_is_issued_has_no_form_and_takes_no_change(known: Biller) -> None:
    assert "<h1>Invoice #502" in known.get("/invoices/502/edit")
    page = known.post("/invoices/502/edit", 409, **FORM | {"version": "x"})
    assert "is no draft any more" in page


def test_a_duplicate_has_the_lines_and_no_number_and_begins_today(known: Biller) -> None:
    page = known.get("/invoices/new?from=502")
    assert ">Remote support</textarea>" in page
    assert 'name="number" value=""' in page
    assert 'name="issued" value="2026-03-17"' in page
    assert 'name="due" value="2026-04-16"' in page
    assert 'href="/staff/invoices/new?from=502"' in known.get("/invoices/502")


def test_a_draft_is_issued_emailed_or_discarded_from_its_page(known: Biller) -> None:
    save(known)
    (draft,) = made(known)
    here = f"/invoices/{draft.invoice_id}"
    page = known.get(here)
    assert f'href="/staff{here}/edit"' in page
    assert "Discard the draft" in page
    assert '<span class="b">Created</span>' in page
    assert "dated 17 Mar" in page
    assert "It works once the invoice is issued" in page
    assert "see and pay" not in page
    known.post(f"{here}/void", reason="typed twice", sure="yes")
    assert made(known)[0].status is InvoiceStatus.VOID


def test_no_form_of_another_site_makes_or_changes_a_draft(known: Biller) -> None:
    known.csrf = "forged"
    save(known, 403)
    known.post("/invoices/502/edit", 403, **FORM)
    assert made(known) == []


def test_more_lines_than_a_form_takes_are_refused_and_none_is_dropped(known: Biller) -> None:
    save(known, 422, description=["x"] * 101)
    save(known)
    (draft,) = made(known)
    with known.site.app.transaction() as session:
        session.add_all(
            InvoiceLine(
                invoice_id=draft.invoice_id, position=n, description="x", quantity=1, unit_price=1, amount=1
            )
            for n in range(3, 102)
        )  # fmt: skip
    for page in (f"/invoices/{draft.invoice_id}/edit", f"/invoices/new?from={draft.invoice_id}"):
        assert "has 101 lines" in known.get(page, 409)


def test_a_form_that_is_changed_after_it_was_saved_is_not_said_to_be_saved(known: Biller) -> None:
    save(known)
    (draft,) = made(known)
    page = save(known, 409, price=["175", "3.3625", ""])
    assert "already saved as #503; edit that one" in page
    assert f'href="/staff/invoices/{draft.invoice_id}/edit"' in page
    assert 'value="175"' in page
    assert [one.total for one in made(known)] == [draft.total]


@pytest.fixture
def beta(known: Biller) -> Biller:
    """A second customer of the company, Beta."""
    with known.site.app.transaction() as session:
        session.add(Customer(issuer_id=1, name="Beta", email="ap@beta.example", created_at=known.clock))
    return known


def customers(biller: Biller) -> list[tuple[str, str]]:
    with biller.site.app.reading() as session:
        found = session.scalars(select(Customer).order_by(Customer.customer_id))
        return [(one.name, one.email) for one in found]


def test_a_draft_for_another_customer_does_not_keep_the_address_of_the_first(beta: Biller) -> None:
    before = customers(beta)
    stale = before[0][1]
    page = save(beta, 422, customer="beta", email=stale)
    assert "Beta is known at ap@beta.example. Use that address, or tick the box" in page
    assert customers(beta) == before
    # A tick that was set beside another name does not count.
    save(beta, 422, customer="Beta", email=stale, another="The Vacuum Shop")
    page = save(beta, customer="Beta", email=stale, another="Beta")
    assert customers(beta) == [*before, ("Beta", stale)]
    assert "another customer of this name was made" in page


def test_an_edit_that_names_another_customer_moves_the_draft_to_that_ones_address(beta: Biller) -> None:
    save(beta)
    (draft,) = made(beta)
    form = FORM | {"version": version(beta, draft.invoice_id), "customer": "Beta"}
    here = f"/invoices/{draft.invoice_id}/edit"
    page = beta.post(here, 422, **form | {"email": draft.customer.email})
    assert "Beta is known at ap@beta.example." in page
    beta.post(here, **form | {"email": "AP@beta.example"})
    assert made(beta)[0].customer.email == "ap@beta.example"
    assert len(customers(beta)) == 2


@pytest.mark.parametrize("email", ["", "ap@beta.example"])
def test_a_name_typed_in_another_case_renames_nobody(beta: Biller, email: str) -> None:
    before = customers(beta)
    save(beta, customer="BETA", email=email)
    assert customers(beta) == before
    (draft,) = made(beta)
    assert draft.customer.name == "Beta"
    form = FORM | {"version": version(beta, draft.invoice_id), "customer": "bETA", "email": email}
    beta.post(f"/invoices/{draft.invoice_id}/edit", **form)
    assert customers(beta) == before


def test_an_edit_keeps_the_sums_of_a_host_that_rounds_otherwise_until_a_line_changes(known: Biller) -> None:
    eight = {"description": ["Licence"], "quantity": ["8"], "price": ["45.45"], "rate": ["10"]}
    save(known, **eight, category=[""])
    (draft,) = made(known)
    stated = {"subtotal": 36356, "tax_amount": 3636, "total": 39992, "rounding_difference": -4}
    known.site.change(draft.invoice_id, **stated, tax_aud=3700)
    with known.site.app.transaction() as session:
        session.scalars(
            select(InvoiceLine).where(InvoiceLine.invoice_id == draft.invoice_id)
        ).one().amount = 36356
    here = f"/invoices/{draft.invoice_id}/edit"
    page = known.get(here)
    assert ">399.92</output>" in page
    form = FORM | eight | {"category": [""], "version": known.hidden(page, "version"), "aud": "37.00"}
    known.post(here, **form | {"notes": "Thanks", "description": ["Licences"]})
    (after,) = made(known)
    assert (after.notes, after.subtotal, after.tax_amount, after.total) == ("Thanks", 36356, 3636, 39992)
    assert (after.lines[0].amount, after.tax_aud) == (36356, 3700)
    form |= {"version": version(known, draft.invoice_id), "quantity": ["9"]}
    assert "enter what it is in Australian dollars, or clear this" in known.post(here, 422, **form)
    known.post(here, **form | {"aud": "41"})
    (after,) = made(known)
    assert (after.total, after.tax_aud) == (44996, 4100)
    form |= {"version": version(known, draft.invoice_id), "quantity": ["10"], "aud": ""}
    known.post(here, **form)
    assert made(known)[0].tax_aud == 0
