"""What programs and customers see of an invoice with several taxes."""

import html
import re

from tests.factories import add_untaxed_line
from tests.web.conftest import Site

STANDARD = {"category": "S", "rate": 10.0, "net": 75.0, "tax": 7.5}
FREE = {"category": "Z", "rate": 0.0, "net": 100.0, "tax": 0.0}


def mixed(site: Site) -> str:
    token = site.invoice()
    with site.app.transaction() as session:
        add_untaxed_line(session, amount=10_000)
    return token


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_one_rate_is_one_group_and_the_seeds_rate(site: Site) -> None:
    answer = site.client.get(f"/api/public/pay/{site.invoice()}").json()
    assert (answer["tax_rate"], answer["taxes"]) == (10.0, [STANDARD])


def test_several_taxes_are_a_list_and_no_single_rate(site: Site) -> None:
    answer = site.client.get(f"/api/public/pay/{mixed(site)}").json()
    assert (answer["tax_rate"], answer["taxes"]) == (None, [STANDARD, FREE])
    assert (answer["subtotal"], answer["tax_amount"], answer["total"]) == (175.0, 7.5, 182.5)


def test_the_pay_page_shows_what_is_taxed_and_what_is_not(site: Site) -> None:
    page = words(site.client.get(f"/pay/{mixed(site)}").text)
    assert "GST (10%) on AUD $75.00 AUD $7.50" in page
    assert "GST-free (AUD $100.00) AUD $0.00" in page
    assert "Remote support GST (10%) AUD $75.00" in page
    assert "Government fee GST-free AUD $100.00" in page


def test_the_pay_page_of_one_rate_has_the_words_of_the_seed(site: Site) -> None:
    page = words(site.client.get(f"/pay/{site.invoice()}").text)
    assert "GST (10%) AUD $7.50" in page
    assert page.count("(10%)") == 1


def test_an_invoice_over_nothing_is_closed_and_can_be_emailed_by_staff(site: Site) -> None:
    token = site.invoice(subtotal=0, tax=0)
    page = words(site.client.get(f"/pay/{token}").text)
    assert "There is nothing to pay." in page
    assert "Pay now" not in page
    site.log_in()
    assert "Send invoice email" in site.client.get("/staff/invoices/502").text
