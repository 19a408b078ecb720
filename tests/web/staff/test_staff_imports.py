"""Importing a file on the pages: looked at first, confirmed once, sent and taken back from there."""

import re
from collections.abc import Iterator

import pytest
from httpx2 import Response

from paymail.models import ImportFile, Import, Invoice, Message
from tests.web.conftest import Biller

HEAD = (
    "invoice_id,customer_name,customer_email,currency,issued_date,due_date,status,payment_status,subtotal,"
    "tax_rate,tax_amount,total,amount_paid,line,description,quantity,unit_price,line_amount"
)


def row(number: object, *, due: str = "2026-03-31", total: str = "88.00", name: str = "Acme") -> str:
    return (
        f"{number},{name},pay@acme.example,AUD,2026-03-01,{due},sent,unpaid,80.00,10,8.00,{total},0,1,"
        "Support,1,80.00,80.00"
    )


def csv(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows, ""]).encode()


def give(biller: Biller, content: bytes, status: int = 200, name: str = "march.csv") -> Response:
    """Choose a file and press Check; return the page that it leads to."""
    found = biller.site.client.post(
        "/staff/imports", data={"csrf": biller.csrf}, files={"file": (name, content, "text/csv")}
    )
    assert found.status_code == status, found.text
    return found


def confirm(biller: Biller, page: Response, status: int = 200, **form: str) -> Response:
    path = page.url.path.removeprefix("/staff")
    return biller.answer(path, status, shown=biller.hidden(page.text, "shown"), **form)


@pytest.fixture
def staffed(biller: Biller) -> Iterator[Biller]:
    """With a company, and an invoice that is no part of any file."""
    biller.site.invoice(1)
    yield biller


def numbers(biller: Biller) -> set[str]:
    with biller.site.app.reading() as session:
        return {one.number for one in session.query(Invoice)}


def test_a_file_is_checked_first_and_imported_by_one_press_and_emails_nobody(staffed: Biller) -> None:
    page = give(staffed, csv(row(7), row(8)))
    print(page.text)
    assert "Import 2 invoices" in page.text
    assert "$176.00" in page.text
    assert staffed.site.count(Import) == 0
    done = confirm(staffed, page)
    assert "2 new, 0 changed, 0 already here" in done.text
    assert numbers(staffed) == {"1", "7", "8"}
    assert staffed.site.count(Message) == 0
