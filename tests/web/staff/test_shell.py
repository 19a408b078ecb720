"""What stands around every page: the company, the numbers beside the sections, and the keys."""

import re

from paymail.models import Issuer, Message, MessageState
from paymail.web.staff.shell import SECONDS, NavCounts
from tests.web.conftest import Biller


def count(page: str, section: str) -> str:
    found = re.search(rf"{section} <span class=\"count \w*\">(\S+?)<span class=\"vh\"> (.+?)</span>", page)
    return f"{found[1]} {found[2]}" if found else ""


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
    assert count(biller.get(f"/messages?company={other}"), "Emails") == ""
    assert "No emails yet" in biller.get(f"/messages?company={other}")


def test_the_chosen_company_goes_along_to_the_pages_that_take_one(biller: Biller) -> None:
    other = two_companies(biller)
    page = biller.get(f"/messages?company={other}")
    assert "Harbourside &lt;b&gt;Networks" in page
    for address in ("/staff/", "/staff/invoices", "/staff/messages"):
        assert f'href="{address}?company={other}"' in page
    assert f'href="/staff/?company={other}"' in biller.get("/keys")
    assert f'href="/staff/bulk?company={other}"' in biller.get(f"/?company={other}")
    assert f"delivery=not-emailed&amp;company={other}" in biller.get(f"/bulk?company={other}")
    for nobody in ("999999", "0", "-1", "1,2", "x" * 100, "9" * 30):
        assert "All companies" in biller.site.client.get("/staff/invoices", params={"company": nobody}).text


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
