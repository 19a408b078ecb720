"""Nothing about a route is forgotten: it is included, linked, shown without a fault, and described."""

import pkgutil
import re
from importlib import import_module
from typing import Any

import pytest
from fastapi import APIRouter

from paymail import web
from paymail.models import Invoice
from paymail.services.access import people
from paymail.services.access.password_links import make_link
from tests.conftest import ROOT
from tests.structure.test_house import routes_of
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site, biller, site
from tests.web.staff.given_files import confirm, csv, give, row

__all__ = ["biller", "site"]

QUERIES = {"/staff/bulk/new": "?currency=AUD"}
"""What a page is asked with that refuses to show nothing in particular."""
PUBLIC = re.compile(r"/($|api/|brand/|pay/|verify|healthz|readyz|openapi)")
SCOPES = re.compile(r"Scope: (\w+)[.;]")


def routers_of(found: Site) -> list[object]:
    """Return every router of the application, whoever included it."""
    routers: list[object] = []
    pending = list(found.client.app.routes)  # type: ignore[attr-defined]
    while pending:
        router = getattr(pending.pop(), "original_router", None)
        if router is not None:
            routers.append(router)
            pending += router.routes
    return routers


def staff_pages(found: Site) -> list[str]:
    """Return the address of every GET of the staff pages."""
    addresses = [path for path, method in routes_of(found) if method == "GET"]
    inside = {f"/staff{path.removeprefix('/staff')}" for path in addresses if not PUBLIC.match(path)}
    return sorted(inside | {"/staff/"})


def documented() -> dict[tuple[str, str], str]:
    """Return each route in docs/api.md with the scope that it is said to need."""
    text = (ROOT / "docs" / "api.md").read_text()
    rows = re.findall(r"^\| (`[A-Z]+ /.*?) \| (\w+) \|", text, re.MULTILINE)
    named = [(route, scope) for routes, scope in rows for route in re.findall(r"`([A-Z]+) (/\S+)`", routes)]
    # A path names what its parameter is: an id of ours, or the host's own `external_ref`.
    return {(method, re.sub(r"\{\w+\}", "{id}", f"/api/v1{path}")): scope for (method, path), scope in named}


def described(found: Site) -> dict[tuple[str, str], str]:
    """Return each route of the staff API with the scope that its description names."""
    paths = found.client.get("/openapi.json").json()["paths"]
    return {
        (method.upper(), re.sub(r"\{\w+\}", "{id}", path)): SCOPES.findall(f"{operation['description']}.")[0]
        for path, item in paths.items()
        if path.startswith("/api/v1/")
        for method, operation in item.items()
    }


def test_every_router_is_included(site: Site) -> None:
    names = [module.name for module in pkgutil.walk_packages(web.__path__, f"{web.__name__}.")]
    routers = {name: getattr(import_module(name), "router", None) for name in names}
    found = {name: router for name, router in routers.items() if isinstance(router, APIRouter)}
    assert len(found) > 30
    included = routers_of(site)
    assert [name for name, router in found.items() if router not in included] == []


def test_every_route_of_the_api_is_documented_with_its_scope(site: Site) -> None:
    assert described(site) == documented()


def staff_operations(found: Site) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the address, method and description of each route of the staff API."""
    paths = found.client.get("/openapi.json").json()["paths"]
    return [
        (re.sub(r"\{\w+\}", "1", path), method.upper(), operation)
        for path, item in paths.items()
        if path.startswith("/api/v1/")
        for method, operation in item.items()
    ]


def test_every_route_of_the_api_refuses_a_parameter_and_a_field_that_it_does_not_know(site: Site) -> None:
    headers = bearer(site.app, "read", "write", "bounces") | {"Content-Type": "application/json"}
    wrong = []
    for path, method, operation in staff_operations(site):
        asked = site.client.request(method, f"{path}?nonsense=1", headers=headers)
        if (asked.status_code, asked.json().get("errors", [{}])[0].get("parameter")) != (422, "nonsense"):
            wrong.append((method, path, asked.text))
        content = operation.get("requestBody", {}).get("content", {})
        raw = content and "application/json" not in content
        if method == "GET" or raw:
            continue
        told = site.client.request(method, path, content=b'{"nonsense": 1}', headers=headers)
        pointers = [error.get("pointer") for error in told.json().get("errors", [])]
        if told.status_code != 422 or "/nonsense" not in pointers:
            wrong.append((method, path, told.text))
    assert wrong == []


@pytest.fixture
def busy(biller: Biller) -> Biller:
    """An invoice that was sent, paid and refunded, and a bulk send of another."""
    biller.site.invoice(502)
    biller.post("/invoices/502/send", sequence=1)
    biller.site.sweep()
    paid = {"amount": "82.50", "channel": "cash", "request_key": "recorded"}
    biller.post("/invoices/502/payments", **paid)
    biller.post("/invoices/502/payments/1/refund", sure="yes", **paid | {"request_key": "refunded"})
    biller.site.invoice(503)
    biller.post("/bulk", filter="currency=AUD", request_key="bulk-send")
    give(biller, csv(row(600)))
    confirm(biller, give(biller, csv(row(601))))
    return biller


def password_link(site: Site) -> str:
    """Return the secret of a link by which the person at the pages sets a password."""
    with site.app.transaction() as session:
        return make_link(session, people.person_of(session, user_id=1), actor="x", now=site.app.now())


def examples(busy: Biller) -> dict[str, object]:
    """Return what stands for each path parameter, of rows that are there."""
    with busy.site.app.reading() as session:
        customer_id = session.get_one(Invoice, 502).customer_id
    (mail,) = busy.site.app.mailbox.glob("*.eml")
    return {
        "invoice_id": 502,
        "message_id": 1,
        "customer_id": customer_id,
        "contact_id": 1,
        "issuer_id": 1,
        "bulk_id": 1,
        "view_id": 1,
        "import_id": 1,
        "file_id": 1,
        "payment_id": 1,
        "refund_id": 1,
        "event_id": "evt_1",
        "name": mail.name,
        "index": 0,
        "template": "invoice",
        "verb": "pause",
        "colour": "2563eb",
        "kind": "remind",
        "user_id": 1,
        "line": 2,
        "help_page": "security",
        "staff_token": password_link(busy.site),
        "language": "de",
    }


def test_every_form_is_refused_without_its_token(busy: Biller) -> None:
    forms = sorted(
        f"/staff{path.removeprefix('/staff')}"
        for path, method in routes_of(busy.site)
        if method == "POST" and not re.match(r"/(api|pay|webhooks)/|/verify|/staff/login|/login", path)
    )
    assert len(forms) > 25
    known = examples(busy)
    answers = {
        path: busy.site.client.post(
            path.format(**known), data={"csrf": "wrong"}, follow_redirects=False
        ).status_code
        for path in forms
    }
    # 422: a field that the form cannot do without is missing, so nothing was looked at yet.
    assert {path: status for path, status in answers.items() if status not in (403, 422)} == {}


def test_every_staff_page_shows_what_is_there(busy: Biller) -> None:
    known = examples(busy)
    pages = staff_pages(busy.site)
    assert len(pages) > 20
    shown = {path: path.format(**known) + QUERIES.get(path, "") for path in pages}
    answers = {path: busy.site.client.get(address).status_code for path, address in shown.items()}
    assert {path: status for path, status in answers.items() if status != 200} == {}


def test_every_page_answers_head_as_get_without_a_body(busy: Biller) -> None:
    known = examples(busy) | {"token": "0" * 64, "digest": "0" * 64, "number": 1}
    paths = {path for path, method in routes_of(busy.site) if method == "GET"}
    private = {f"/staff{path.removeprefix('/staff')}" for path in paths if not PUBLIC.match(path)}
    addresses = [path.format(**known) + QUERIES.get(path, "") for path in sorted(paths | private)]
    assert len(addresses) > 50
    client, differing = busy.site.client, []
    for address in [*addresses, "/openapi.json", "/static/site.css"]:
        got = client.get(address, follow_redirects=False)
        head = client.head(address, follow_redirects=False)
        told = ("content-type", "content-length", "content-security-policy", "location")
        seen = [(a.status_code, *(a.headers.get(name) for name in told)) for a in (got, head)]
        if seen[0] != seen[1] or head.content:
            differing.append((address, *seen))
    assert differing == []


def test_every_staff_page_that_needs_no_number_is_led_to_by_another(busy: Biller) -> None:
    plain = [path for path in staff_pages(busy.site) if not re.search(r"\{|/login|\.svg$", path)]
    assert len(plain) >= 11
    linked: set[str] = set()
    for path in plain:
        page = busy.get(path.removeprefix("/staff") + QUERIES.get(path, ""))
        linked |= set(re.findall(r'(?:href|action)="(/staff[^"?#]*)', page))
    assert [path for path in plain if path not in linked] == []
