"""Staff merge two customers: a page says what will happen, a button does it."""

from tests.web.conftest import Biller


def test_a_namesake_is_offered_shown_and_merged(biller: Biller) -> None:
    biller.site.invoice()
    biller.site.invoice(503)
    page = biller.get("/customers/1")
    assert 'href="/staff/customers/1/merge?into=2"' in page
    asked = biller.get("/customers/1/merge?into=%232")
    assert "1 invoice (1 unpaid) will move to" in asked
    assert "cannot be undone" in asked
    kept = biller.post("/customers/1/merge", into="2")
    assert "#502" in kept
    assert "#503" in kept
    assert "was merged into" in biller.get("/customers/1")


def test_what_cannot_be_merged_is_said_on_the_customers_page(biller: Biller) -> None:
    biller.site.invoice()
    assert "customer 0 not found" in biller.get("/customers/1/merge?into=Acme", status=409)
    assert "into itself" in biller.get("/customers/1/merge?into=1", status=409)
    assert "customer 7 not found" in biller.post("/customers/1/merge", 409, into="7")


def test_a_forged_form_merges_nobody(biller: Biller) -> None:
    biller.site.invoice()
    biller.site.invoice(503)
    client = biller.site.client
    assert client.post("/staff/customers/1/merge", data={"csrf": "x", "into": "2"}).status_code == 403
    assert "was merged" not in biller.get("/customers/1")
