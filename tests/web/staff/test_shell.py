"""What stands around every page: the company, the numbers beside the sections, and the keys."""

import re
from html import unescape

from paymail.models import Customer, Invoice, Issuer, Message, MessageState
from paymail.web.staff.shell import COOKIE, SECONDS, NavCounts
from tests.web.conftest import Biller


def count(page: str, section: str) -> str:
    found = re.search(rf"{section} <span class=\"count \w*\">(\S+?)<span class=\"vh\"> (.+?)</span>", page)
    return f"{found[1]} {found[2]}" if found else ""


def chosen(page: str) -> str:
    found = re.search(r"Company:</span> (.+?) <svg", page)
    assert found is not None
    return found[1]


def two_companies(biller: Biller) -> int:
    biller.site.invoice(502)
    with biller.site.app.transaction() as session:
        first = session.query(Issuer).one()
        other = Issuer(name="Harbourside <b>Networks", email="h@harbour.example", timezone="Australia/Perth")
        other.created_at = first.created_at
        session.add(other)
        session.flush()
        return other.issuer_id


def test_the_numbers_are_those_of_home_and_of_the_company_that_is_chosen(biller: Biller) -> None:
    other = two_companies(biller)
    biller.post("/invoices/502/send", sequence=1)
    with biller.site.app.transaction() as session:
        session.query(Message).one().state = MessageState.UNKNOWN
    biller.site.client.app.state.nav_counts = NavCounts()  # type: ignore[attr-defined]
    assert count(biller.get("/messages"), "Emails") == "1 need you"
    page = biller.choose(other, "/staff/messages")
    assert count(page, "Emails") == ""
    assert "No emails yet" in page


def test_the_chosen_company_stays_on_every_page_until_another_is_chosen(biller: Biller) -> None:
    other = two_companies(biller)
    biller.post("/invoices/502/send", sequence=1)
    customer = "Vacuum Shop"
    lists = {"/invoices": customer, "/customers": customer, "/messages": "c502@", "/forecast": customer}
    lists |= {"/customers.csv": customer, "/invoices.csv": customer, "/exports/lists?name=emails": "c502@"}
    for path, theirs in lists.items():
        assert theirs in biller.get(path), path
    assert "Harbourside &lt;b&gt;Networks" in biller.choose(other)
    for path, theirs in lists.items():
        assert theirs not in biller.get(path), path
    for path in ("/", "/invoices", "/bulk", "/exports", "/forecast", "/keys", "/invoices/502"):
        assert chosen(biller.get(path)) == "Harbourside &lt;b&gt;Networks", path
    assert "<option" not in biller.get("/exports").partition('id="basis"')[0]
    biller.choose("")
    assert chosen(biller.get("/customers")) == "All companies"


def test_choosing_goes_back_to_the_page_unless_it_was_of_one_thing_or_elsewhere(biller: Biller) -> None:
    other = two_companies(biller)
    assert biller.hidden(biller.get("/customers"), "back") == "/staff/customers"
    assert biller.hidden(biller.get("/invoices/502"), "back") == "/staff/"
    for back, leads in (
        ("/staff/messages", "/staff/messages"),
        ("/staff/invoices?q=7", "/staff/invoices?q=7"),
        ("//evil.example/staff/", "/staff/"),
        ("https://evil.example", "/staff/"),
        ("/staff/messages/1", "/staff/"),
        ("/staff/../logout", "/staff/"),
    ):
        given = {"csrf": biller.csrf, "company": other, "back": back}
        answer = biller.site.client.post("/staff/company", data=given, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, leads)


def test_a_company_that_is_not_there_is_no_choice(biller: Biller) -> None:
    two_companies(biller)
    for nobody in ("999999", "0", "-1", "1,2", "x" * 100, "9" * 30):
        biller.site.client.cookies.set(COOKIE, nobody, domain="pay.example", path="/staff")
        assert chosen(biller.get("/invoices")) == "All companies"


def test_a_search_of_the_chosen_company_can_look_in_all(biller: Biller) -> None:
    other = two_companies(biller)
    biller.choose(other)
    page = biller.get("/invoices?q=502")
    assert "No invoice of Harbourside &lt;b&gt;Networks matches" in page
    assert "Look in all companies" in page
    assert "Invoice 502" in biller.choose("", "/staff/invoices?q=502")


def test_pages_of_the_whole_installation_say_so(biller: Biller) -> None:
    other = two_companies(biller)
    whole = "This page is about all companies"
    assert whole not in biller.get("/suppressions")
    biller.choose(other)
    assert whole in biller.get("/suppressions")
    assert whole not in biller.get("/customers")


def test_a_batch_of_the_list_is_of_the_chosen_company(biller: Biller) -> None:
    other = two_companies(biller)
    biller.choose(1)
    page = biller.get("/bulk/new?payment=owed")
    fields = {name: unescape(biller.hidden(page, name)) for name in ("filter", "shown", "request_key")}
    assert fields["filter"] == "payment=owed&company=1"
    assert "Batch 1" in biller.post("/bulk", **fields)
    assert "Batch 1" in biller.get("/bulk")
    biller.choose(other)
    assert "Batch 1" not in biller.get("/bulk")
    assert "Nothing to send" in biller.get("/bulk/new?payment=owed")


def test_what_a_list_of_the_chosen_company_showed_is_acted_on_whatever_is_chosen_since(
    biller: Biller,
) -> None:
    other = two_companies(biller)
    biller.choose(1)
    page = biller.get("/invoices?payment=owed")
    among = page.partition('action="/staff/bulk/new"')[2]
    biller.choose("")
    company = biller.hidden(among, "company")
    asked = biller.get(f"/acts/hold?picks=yes&all=yes&payment=owed&company={company}")
    assert unescape(biller.hidden(asked, "filter")) == "payment=owed&company=1"
    biller.choose(1)
    asked = biller.get(f"/acts/hold?payment=owed&company=1,{other}")
    assert unescape(biller.hidden(asked, "filter")) == "payment=owed&company=1"


def test_the_numbers_are_counted_again_after_some_seconds(biller: Biller) -> None:
    clock = [0.0]
    kept = NavCounts(lambda: clock[0])
    with biller.site.app.reading() as session:
        first = kept.of(session, now=biller.clock, company=None)
        assert kept.of(session, now=biller.clock, company=None) is first
        clock[0] = SECONDS + 1
        assert kept.of(session, now=biller.clock, company=None) is not first


def test_the_keys_can_be_switched_off_and_on(biller: Biller) -> None:
    assert "staff_keys.js" in biller.get("/keys")
    assert "They are off in this browser" in biller.post("/keys")
    assert "staff_keys.js" not in biller.get("/")
    assert "staff_keys.js" in biller.post("/keys", on="yes")


def test_an_amount_without_a_code_is_in_the_chosen_companys_currency_or_else_the_first_ones(
    biller: Biller,
) -> None:
    other = two_companies(biller)
    biller.site.invoice(900, currency="NZD", name="Kauri Coast Lodge")
    with biller.site.app.transaction() as session:
        session.get_one(Issuer, other).currency = "NZD"
        invoice = session.get_one(Invoice, 900)
        customer = session.get_one(Customer, invoice.customer_id)
        invoice.issuer_id = customer.issuer_id = other
        pages = ("/invoices/900", f"/customers/{customer.customer_id}")
    for path in pages:
        page = biller.get(path)
        assert "NZD" in page, path
        assert "$82.50" not in page, path
    biller.choose(other)
    for path in pages:
        assert "$82.50" in biller.get(path), path
