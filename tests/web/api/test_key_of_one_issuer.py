"""A key of one issuer sees and changes only what is of it, whatever route it asks."""

import re

import pytest

from paymail.models import Role
from paymail.services.access import api_keys
from paymail.services.access.api_keys import BadKeyRequest
from tests.web.api.test_put_invoices import BODY
from tests.web.conftest import Biller, Site
from tests.web.two_issuers import SECRETS, become, counted, make_two


def key_of(site: Site, issuer_id: int | None) -> dict[str, str]:
    with site.app.transaction() as session:
        given = {"name": "One", "scopes": ["read", "write"], "now": site.app.now(), "issuer_id": issuer_id}
        return {"Authorization": f"Bearer {api_keys.issue(session, **given).key}"}  # type: ignore[arg-type]


@pytest.fixture
def two(biller: Biller) -> tuple[Site, dict[str, object]]:
    known = make_two(biller)
    biller.site.sweep()
    become(biller.site, Role.ADMIN, None)
    return biller.site, known


def test_what_is_of_another_issuer_is_not_there(two: tuple[Site, dict[str, object]]) -> None:
    site, known = two
    headers, wrong, before = key_of(site, 2), {}, counted(site)
    paths = site.client.get("/openapi.json").json()["paths"]
    for path in paths:
        if not path.startswith("/api/v1/"):
            continue
        address = path.format(**{name: known.get(name, 1) for name in re.findall(r"\{(\w+)\}", path)})
        for method in set(paths[path]) - {"parameters"}:
            sent = {} if method == "get" else {"json": {"reason": "x", "amount": "1.00", "channel": "cash"}}
            answer = site.client.request(method.upper(), address, headers=headers, **sent)
            shown = [secret.strip("#") for secret in SECRETS if secret in answer.text]
            fine = (403, 404, 422) if "{" in path else (200, 202, 403, 415, 422)
            if shown or answer.status_code not in fine:
                wrong[method, path] = (answer.status_code, shown)
    assert wrong == {}
    assert {name: (was, now) for name, was in before.items() if (now := counted(site)[name]) != was} == {}


def test_the_own_invoice_is_seen_and_sent_and_lists_hold_nothing_else(
    two: tuple[Site, dict[str, object]],
) -> None:
    site, _ = two
    headers = key_of(site, 2)
    listed = site.client.get("/api/v1/invoices", headers=headers).json()
    assert [one["invoice_id"] for one in listed["data"]] == [900]
    assert site.client.post("/api/v1/invoices/900/send", headers=headers).status_code == 202
    assert len(site.client.get("/api/v1/invoices", headers=key_of(site, None)).json()["data"]) == 3


def test_an_invoice_made_by_such_a_key_takes_no_id_of_another_issuer(
    two: tuple[Site, dict[str, object]],
) -> None:
    site, _ = two
    body = BODY | {"invoice_number": "502"}
    made = site.client.put("/api/v1/invoices/ref-1", json=body, headers=key_of(site, 2))
    assert (made.status_code, made.json()["invoice"]["invoice_id"] > 900) == (201, True), made.text


def test_bounce_reports_are_of_all_issuers(two: tuple[Site, dict[str, object]]) -> None:
    site, _ = two
    with site.app.transaction() as session, pytest.raises(BadKeyRequest):
        api_keys.issue(session, name="x", scopes=["bounces"], now=site.app.now(), issuer_id=2)
