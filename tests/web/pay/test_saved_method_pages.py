"""Saving a payment method by the tick, and removing it on the page: by the real SDK against the sandbox."""

import re

import pytest
from sqlalchemy import select

from paymail.models import Issuer, SavedMethod, SavedMethodState
from paymail.sandbox.customer import pay
from paymail.services.core.invoices import load_invoice
from paymail.tasks.sweep import sweep_once
from tests.web.conftest import Biller, Site

API = "/api/public/pay"


@pytest.fixture
def token(site: Site) -> str:
    """The link of an invoice whose issuer lets customers save."""
    token = site.invoice()
    allow(site, True)
    return token


def allow(site: Site, allowed: bool) -> None:
    with site.app.transaction() as session:
        session.scalars(select(Issuer)).one().save_methods = allowed


def ticked_and_paid(site: Site, token: str) -> None:
    consent = site.client.get(f"{API}/{token}").json()["save_consent"]
    created = site.client.post(f"{API}/{token}/create-payment", json={"saveMethod": consent}).json()
    pay(created["clientSecret"], base_url=site.app.settings.sandbox_url)
    intent = created["clientSecret"].split("_secret")[0]
    answer = site.client.post(f"{API}/{token}/confirm-payment", json={"paymentIntentId": intent})
    assert answer.status_code == 200, answer.text


def rows(site: Site) -> list[SavedMethod]:
    with site.app.reading() as session:
        return list(session.scalars(select(SavedMethod)))


def page(site: Site, token: str) -> str:
    return site.client.get(f"/pay/{token}").text


def test_the_box_is_there_only_where_the_issuer_offers_it_and_never_ticked(site: Site, token: str) -> None:
    box = re.search(r'<input type="checkbox" id="save-method"[^>]*>', page(site, token))
    assert box is not None
    assert "checked" not in box[0]
    allow(site, False)
    assert "save-method" not in page(site, token)
    assert site.client.get(f"{API}/{token}").json()["save_consent"] == ""


def test_a_saved_method_is_shown_by_brand_and_last_digits_alone_and_removed(site: Site, token: str) -> None:
    ticked_and_paid(site, token)
    (row,) = rows(site)
    shown = site.client.get(f"{API}/{token}").json()
    assert shown["saved_method"] == {"id": row.saved_method_id, "brand": "Visa", "last4": "4242"}
    text = page(site, token)
    assert "Visa ending 4242" in text
    assert "is saved for" in text
    for secret in (row.method_id, "cus_", f"{row.exp_year}"):
        assert secret not in text.partition('id="saved"')[2]
    answer = site.client.post(
        f"/pay/{token}/saved-method/remove", data={"method": str(row.saved_method_id)}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/{token}?said=method_removed")
    assert "is saved for" not in page(site, token)
    assert "Your payment method was removed." in site.client.get(answer.headers["location"]).text
    sweep_once(site.app)
    assert rows(site)[0].state is SavedMethodState.REMOVED
    assert not site.app.gateway.is_attached(account=row.account, method_id=row.method_id)


def test_programs_remove_it_too_and_only_their_own(site: Site, token: str) -> None:
    ticked_and_paid(site, token)
    (row,) = rows(site)
    other = site.invoice(503)
    remove = {"id": row.saved_method_id}
    refused = site.client.post(f"{API}/{other}/saved-method/remove", json=remove)
    assert (refused.status_code, refused.json()["code"]) == (404, "no_such_method")
    assert site.client.get(f"{API}/{other}").json()["saved_method"] is None
    for _ in range(2):
        answer = site.client.post(f"{API}/{token}/saved-method/remove", json=remove)
        assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert [row.state for row in rows(site)] == [SavedMethodState.REMOVING]


def test_looking_at_the_page_changes_nothing(site: Site, token: str) -> None:
    ticked_and_paid(site, token)
    assert site.client.get(f"/pay/{token}/saved-method/remove").status_code == 405
    page(site, token)
    assert [row.state for row in rows(site)] == [SavedMethodState.SAVED]


@pytest.mark.parametrize("method", ["", "x", "0", str(2**63)])
def test_a_form_without_a_number_is_refused(site: Site, token: str, method: str) -> None:
    answer = site.client.post(f"/pay/{token}/saved-method/remove", data={"method": method})
    assert answer.status_code == 422


def test_a_form_for_what_is_gone_leads_back_to_the_page(site: Site, token: str) -> None:
    answer = site.client.post(
        f"/pay/{token}/saved-method/remove", data={"method": "7"}, follow_redirects=False
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"/pay/{token}")
    assert site.client.post(f"/pay/{'0' * 64}/saved-method/remove", data={"method": "7"}).status_code == 404


def test_the_customers_next_invoice_shows_what_is_saved_instead_of_the_box(site: Site, token: str) -> None:
    ticked_and_paid(site, token)
    following = site.invoice(503)
    with site.app.transaction() as session:
        mine = load_invoice(session, invoice_id=502).customer_id
        load_invoice(session, invoice_id=503, lock=True).customer_id = mine
    text = page(site, following)
    assert "Visa ending 4242" in text
    assert "save-method" not in text


def test_staff_see_what_is_saved_and_why_a_removal_waits(biller: Biller) -> None:
    site = biller.site
    token = site.invoice()
    allow(site, True)
    ticked_and_paid(site, token)
    (row,) = rows(site)
    address = f"/staff/customers/{row.customer_id}"
    shown = site.client.get(address).text
    assert f"Visa ending 4242, expires {row.exp_month:02d}/{row.exp_year}" in shown
    with site.app.transaction() as session:
        kept = session.get_one(SavedMethod, row.saved_method_id)
        kept.state, kept.failure = SavedMethodState.REMOVING, "Stripe could not be reached in time"
    assert "(last try: Stripe could not be reached in time)" in site.client.get(address).text
