"""Files that staff give to import, as their browser sends them."""

from httpx2 import Response

from tests.web.conftest import Biller

HEAD = (
    "invoice_id,customer_name,customer_email,currency,issued_date,due_date,status,payment_status,subtotal,"
    "tax_rate,tax_amount,total,amount_paid,line,description,quantity,unit_price,line_amount"
)


def row(number: object, *, due: str = "2026-03-31", total: str = "88.00", name: str = "Acme") -> str:
    """Return a row that is sound but for what is said of it."""
    return (
        f"{number},{name},pay@acme.example,AUD,2026-03-01,{due},sent,unpaid,80.00,10,8.00,{total},0,1,"
        "Support,1,80.00,80.00"
    )


def csv(*rows: str, head: str = HEAD) -> bytes:
    return "\n".join([head, *rows, ""]).encode()


def give(biller: Biller, content: bytes, status: int = 200, name: str = "march.csv", **form: str) -> Response:
    """Choose a file and press Check; return the page that it leads to."""
    files = {"file": (name, content, "text/csv")}
    found = biller.site.client.post("/staff/imports", data={"csrf": biller.csrf, **form}, files=files)
    assert found.status_code == status, found.text
    return found


def confirm(biller: Biller, page: Response, status: int = 200, **form: str) -> Response:
    """Press Import on the page of a file."""
    path = page.url.path.removeprefix("/staff")
    return biller.answer(path, status, shown=biller.hidden(page.text, "shown"), **form)


def read_again(biller: Biller, page: Response, status: int = 200, **form: object) -> Response:
    """Press Read again on the page of a file."""
    return biller.answer(f"{page.url.path.removeprefix('/staff')}/read", status, **form)
