"""Issuers and customers in the staff API: listed page by page, shown one by one, without a secret."""

import base64
from typing import Any

import pytest

from paymail.models import Customer, InvoiceStatus, Issuer
from tests.factories import NOW
from tests.services.issuers.test_issuer_identity import picture
from tests.web.bearer import bearer
from tests.web.conftest import Site


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    return bearer(site.app, "read")


def get(site: Site, key: dict[str, str], path: str, expect: int = 200) -> Any:
    answer = site.client.get(f"/api/v1{path}", headers=key)
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_issuers_are_listed_page_by_page_and_shown_with_their_settings(
    site: Site, key: dict[str, str]
) -> None:
    site.invoice()
    with site.app.transaction() as session:
        session.add(
            Issuer(
                name="Yen Ltd",
                email="y@yen.example",
                currency="JPY",
                reminder_minimum=500,
                application_fee=150,
                link_days=45,
                created_at=NOW,
            )
        )
    first = get(site, key, "/issuers?limit=1")
    second = get(site, key, f"/issuers?limit=1&after={first['next']}")
    assert [one["name"] for one in (*first["data"], *second["data"])] == [
        "Yen Ltd",
        "Southern IT Services Pty Ltd",
    ]
    assert second["next"] is None
    shown = get(site, key, f"/issuers/{first['data'][0]['issuer_id']}")
    assert shown == first["data"][0] | {"bank_change": None, "changes": []}
    assert (shown["reminder_minimum"], shown["application_fee"], shown["link_days"]) == (500, 1.5, 45)
    assert shown["ladder"].startswith("-3:upcoming")
    assert get(site, key, "/issuers/99", 404)["code"] == "no_such_issuer"


def test_customers_are_listed_by_issuer_and_text_and_shown(site: Site, key: dict[str, str]) -> None:
    for number in (1, 2, 3):
        site.invoice(number)
    with site.app.transaction() as session:
        session.get_one(Customer, 2).name = "Bäckerei 100% Süß"
    first = get(site, key, "/customers?limit=2&issuer=1")
    rest = get(site, key, f"/customers?limit=2&issuer=1&after={first['next']}")
    assert [one["email"][:2] for one in (*first["data"], *rest["data"])] == ["c3", "c2", "c1"]
    assert [one["customer_id"] for one in get(site, key, "/customers?customer=100%25 s")["data"]] == [2]
    assert get(site, key, "/customers?customer=c3@")["data"][0]["customer_id"] == 3
    assert get(site, key, "/customers?issuer=2")["data"] == []
    shown = get(site, key, "/customers/2")
    assert (shown["name"], shown["issuer_id"], shown["erased_at"]) == ("Bäckerei 100% Süß", 1, None)
    assert get(site, key, "/customers/99", 404)["code"] == "no_such_customer"


def test_neither_shows_a_link_or_a_key_of_stripe(site: Site, key: dict[str, str]) -> None:
    token = site.invoice()
    text = str([get(site, key, path) for path in ("/issuers", "/customers", "/issuers/1", "/customers/1")])
    assert token not in text
    assert "sk_" not in text
    assert "pi_" not in text


def test_who_may_only_report_bounces_sees_neither(site: Site) -> None:
    poster = bearer(site.app, "bounces", name="Postmaster")
    for path in ("/issuers", "/issuers/1", "/customers", "/customers/1"):
        assert site.client.get(f"/api/v1{path}", headers=poster).status_code == 403


def patch(site: Site, body: object, expect: int = 200) -> Any:
    key = bearer(site.app, "write", "read", name="Office")
    answer = site.client.patch("/api/v1/issuers/1", json=body, headers=key)
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_an_issuer_is_changed_and_its_history_names_the_author_with_old_and_new(site: Site) -> None:
    site.invoice(status=InvoiceStatus.DRAFT)
    wanted = {
        "email": "Accounts@Southern-IT.example",
        "address": "1 Main St\nSydney",
        "reminder_minimum": "12.50",
        "link_days": None,
        "reminders_off": True,
        "bank_number": "1000 2000",
        "colour": "#facc15",
    }
    shown = patch(site, wanted)
    assert {name: shown[name] for name in wanted} == wanted | {
        "email": "Accounts@southern-it.example",
        "reminder_minimum": 12.5,
    }
    told = {one["setting"]: (one["old"], one["new"]) for one in shown["changes"]}
    assert told["link_days"] == ("30", "never")
    assert told["reminder_minimum"] == ("0", "1250")
    assert told["reminders_off"] == ("off", "on")
    assert told["email"] == ("billing@southern-it.example", "Accounts@southern-it.example")
    assert all(one["actor"].startswith("Office") for one in shown["changes"])
    assert len(patch(site, wanted)["changes"]) == len(wanted), "what is as it was is no change"


def test_a_logo_is_given_in_base64_and_taken_away_by_an_empty_one(site: Site) -> None:
    site.invoice()
    shown = patch(site, {"logo": base64.b64encode(picture()).decode(), "phone": "1"})
    assert site.client.get(shown["logo"]).headers["content-type"] == "image/png"
    assert [one["setting"] for one in shown["changes"]] == ["logo", "phone"]
    assert patch(site, {"phone": "2"})["logo"] == shown["logo"], "what is left out stays"
    assert patch(site, {"logo": base64.b64encode(b"<svg>").decode(), "phone": "3"}, 422)["code"] == "bad_logo"
    gone = patch(site, {"logo": ""})
    assert (gone["logo"], gone["phone"]) == ("", "2")


def test_other_bank_details_wait_and_can_be_cancelled(site: Site) -> None:
    site.invoice(status=InvoiceStatus.DRAFT)
    assert patch(site, {"bank_number": "1000"})["bank_number"] == "1000"
    shown = patch(site, {"bank_number": "6666"})
    assert (shown["bank_number"], shown["bank_change"]["details"]["bank_number"]) == ("1000", "6666")
    key = bearer(site.app, "write", name="Office")
    answer = site.client.post("/api/v1/issuers/1/bank-change/cancel", headers=key)
    assert (answer.status_code, answer.json()["bank_change"]) == (200, None)
    assert site.client.post("/api/v1/issuers/1/bank-change/cancel", headers=key).status_code == 404


def test_a_refused_change_of_an_issuer_changes_nothing(site: Site) -> None:
    site.invoice()
    for wrong in ({"timezone": "Mars/Olympus"}, {"email": "nobody"}, {"locale": "xx-YY"}, {"ladder": "soon"}):
        assert "errors" not in patch(site, {"tax_id": "ABN 1"} | wrong, 422)
    for unfit in ({"tax_id": None}, {"stripe_account": "acct_b"}, {"name": "Other"}, {"link_days": -1}):
        (fault,) = patch(site, {"tax_id": "ABN 1"} | unfit, 422)["errors"]
        assert fault["pointer"] == f"/{next(iter(unfit))}"
    with site.app.reading() as session:
        assert session.get_one(Issuer, 1).tax_id == "51 824 753 556"


def test_a_reader_changes_no_issuer(site: Site, key: dict[str, str]) -> None:
    site.invoice()
    assert site.client.patch("/api/v1/issuers/1", json={"tax_id": "x"}, headers=key).status_code == 403
