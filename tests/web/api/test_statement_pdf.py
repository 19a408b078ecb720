"""A customer's statement is given to programs and to staff."""

from tests.render.test_pdf import text_of
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site, biller, site

__all__ = ["biller", "site"]


def test_a_program_gets_the_statement_of_a_customer(site: Site) -> None:
    site.invoice()
    key = bearer(site.app, "read")
    answer = site.client.get("/api/v1/customers/1/statement.pdf", headers=key)
    assert answer.headers["content-type"] == "application/pdf"
    assert "AUD $82.50 outstanding on" in text_of(answer.content)
    for query, status, code in (
        ("currency=EUR", 404, "nothing_issued"),
        ("day=2026-01-01&since=2026-02-01", 422, "bad_period"),
        ("day=never", 422, "invalid_input"),
    ):
        refused = site.client.get(f"/api/v1/customers/1/statement.pdf?{query}", headers=key)
        assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_staff_find_it_on_the_customer_s_page(biller: Biller) -> None:
    biller.site.invoice()
    page = biller.get("/customers/1")
    link = "/staff/customers/1/statement.pdf?currency=AUD"
    assert link in page
    assert biller.site.client.get(link).content.startswith(b"%PDF")
