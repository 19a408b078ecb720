"""Staff see and do what their role allows, for the issuers that it is for, whatever they ask for."""

import re
from datetime import timedelta

import pytest

from paymail.models import Gate, Role
from paymail.services.access import people
from paymail.services.access.roles import Act
from paymail.web.staff.needs import FORMS, PAGES
from tests.structure.test_house import routes_of
from tests.structure.test_routes import QUERIES, staff_pages
from tests.web.conftest import STAFF, Biller
from tests.web.two_issuers import OWN, SECRETS, become, counted, make_two

FIELDS = {
    "sequence": "1",
    "reason": "x",
    "sure": "yes",
    "amount": "1.00",
    "channel": "cash",
    "request_key": "k",
    "email": "x@y.example",
    "address": "x@y.example",
    "locale": "en",
    "filter": "currency=AUD",
    "outcome": "sent",
    "into": "3",
    "until": "",
    "query": "currency=AUD",
    "name": "x",
    "issuer_id": "1",
    "before": "0",
    "present": "x",
    "proof": "x",
    "change_id": "1",
}
"""Something for whatever field a form cannot do without."""


@pytest.fixture
def guarded(biller: Biller) -> tuple[Biller, dict[str, object]]:
    """A biller of the second issuer only, and ids of the first."""
    known = make_two(biller)
    biller.site.sweep()
    become(biller.site, Role.BILLER)
    return biller, known


def test_no_page_shows_a_biller_anything_of_another_issuer(guarded: tuple[Biller, dict[str, object]]) -> None:
    biller, known = guarded
    seen = {}
    for path in staff_pages(biller.site):
        if "/samples/" in path:  # of nobody's rows
            continue
        address = path.format(**known) + QUERIES.get(path, "")
        answer = biller.site.client.get(address)
        shown = [secret for secret in SECRETS if secret in answer.text]
        of_one_row = re.search(r"\{(invoice|message|customer|payment|refund|bulk)_id\}", path)
        if shown or answer.status_code not in ((403, 404) if of_one_row else (200, 403, 404)):
            seen[path] = (answer.status_code, shown)
    assert seen == {}


def test_lists_counts_search_and_export_hold_the_own_issuer_only(
    guarded: tuple[Biller, dict[str, object]],
) -> None:
    biller, _ = guarded
    for address in ("/invoices", "/invoices.csv", "/invoices?q=Open", "/forecast", "/"):
        page = biller.get(address)
        assert not [secret for secret in SECRETS if secret in page], address
    assert "900" in biller.get("/invoices.csv")
    assert "No invoice matches" in biller.get("/invoices?q=502")
    assert biller.get("/invoices?company=1").count("/staff/invoices/50") == 0
    assert "Open Door" in biller.get("/invoices/900")


@pytest.mark.parametrize("name", ["block-list", "stripe-events", "stripe-differences"])
def test_a_list_of_the_whole_installation_is_neither_offered_nor_given_to_who_sees_one_issuer(
    biller: Biller, name: str
) -> None:
    make_two(biller)
    become(biller.site, Role.VIEWER)
    page = biller.get("/exports")
    assert "/staff/exports/lists?name=payments" in page
    assert f"/staff/exports/lists?name={name}" not in page
    assert "This list is of all companies" in biller.get(f"/exports/lists?name={name}", 403)
    become(biller.site, Role.VIEWER, None)
    assert f"/staff/exports/lists?name={name}" in biller.get("/exports")
    biller.get(f"/exports/lists?name={name}")


def test_home_says_nothing_of_other_companies_receivers_and_events(biller: Biller) -> None:
    make_two(biller)
    with biller.site.app.transaction() as session:
        later = biller.site.app.now() + timedelta(hours=1)
        session.add(Gate(key="refused:1:theirs.example", opens_at=later, failures=1))
    signs = ("Workers", "theirs.example", "Mail server", "Stripe check", "Stripe events")

    def shown() -> list[str]:
        strip = biller.get("/").partition('id="health"')[2].partition("</dl>")[0]
        return [sign for sign in signs if sign in strip]

    assert shown() == list(signs)
    become(biller.site, Role.ADMIN)
    assert shown() == ["Workers"]


def test_no_form_changes_anything_of_another_issuer(guarded: tuple[Biller, dict[str, object]]) -> None:
    biller, known = guarded
    before, wrong = counted(biller.site), {}
    for route in FORMS:
        if FORMS[route] is Act.OWN or route == "/bulk":
            continue
        form = {"csrf": biller.csrf, **FIELDS}
        answer = biller.site.client.post(f"/staff{route.format(**known)}", data=form, follow_redirects=False)
        if answer.status_code not in (403, 404, 422) or any(secret in answer.text for secret in SECRETS):
            wrong[route] = answer.status_code
    # An act on a filter finds the own invoice only; no objection is there to close.
    harmless = {"/acts/{kind}", "/invoices/{invoice_id}/objection"}
    assert wrong.keys() <= harmless, wrong
    assert {
        name: (was, now) for name, was in before.items() if (now := counted(biller.site)[name]) != was
    } == {}


def test_a_bulk_send_of_everything_is_of_the_own_issuer_also_when_the_sweep_writes_it(
    guarded: tuple[Biller, dict[str, object]],
) -> None:
    biller, _ = guarded
    before = len(biller.messages())
    page = biller.post("/bulk", filter="currency=AUD", request_key="of-everything", again="yes")
    biller.site.sweep()
    assert {message.invoice_id for message in biller.messages()[before:]} == {900}
    assert not [secret for secret in SECRETS if secret in page]


def test_a_viewer_sees_no_form_and_is_refused_in_plain_words(biller: Biller) -> None:
    biller.site.invoice()
    become(biller.site, Role.VIEWER, None)
    page = biller.get("/invoices/502")
    forms = re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', page)
    assert forms == ["/staff/company", "/staff/logout"]
    assert "Record a payment" not in page
    assert "Void…" not in biller.get("/invoices")
    refused = biller.site.client.post(
        "/staff/invoices/502/send",
        data={"csrf": biller.csrf, "sequence": "1"},
        headers={"Accept": "text/html"},
    )
    assert refused.status_code == 403
    assert "This needs the role biller or refunder or admin; yours is viewer." in refused.text
    assert biller.messages() == []


@pytest.mark.parametrize(
    ("role", "offered"),
    [
        (Role.BILLER, {"payments"}),
        (Role.REFUNDER, {"payments", "write-off"}),
        (Role.ADMIN, {"payments", "write-off"}),
    ],
)
def test_who_may_not_give_money_up_is_not_offered_to(biller: Biller, role: Role, offered: set[str]) -> None:
    biller.site.invoice()
    become(biller.site, role, None)
    page = biller.get("/invoices/502")
    assert {
        name for name in ("payments", "write-off") if f'action="/staff/invoices/502/{name}"' in page
    } == offered
    status = 403 if role is Role.BILLER else 422
    biller.post("/invoices/502/write-off", status, amount="", before="0")


def test_a_viewer_of_one_issuer_and_biller_of_another_is_told_which_role_is_missing_there(
    biller: Biller,
) -> None:
    make_two(biller)
    become(biller.site, Role.BILLER)
    with biller.site.app.transaction() as session:
        person = people.person_of(session, email=STAFF)
        people.set_role(session, person, role=Role.VIEWER, issuer_id=1)
    assert OWN in biller.get("/reminders")
    assert 'action="/staff/invoices/502/send"' not in biller.get("/invoices/502")
    assert 'action="/staff/invoices/900/send"' in biller.get("/invoices/900")
    assert "for this company" in biller.post("/invoices/502/hold", 403, reason="staff")
    biller.post("/invoices/900/hold", 200, reason="staff")


def test_somebody_without_a_role_is_told_so(biller: Biller) -> None:
    become(biller.site, None)
    assert "no role yet" in biller.get("/", 403)


def test_every_form_says_which_role_it_needs_and_no_other_is_listed(biller: Biller) -> None:
    paths = {
        path.removeprefix("/staff")
        for path, method in routes_of(biller.site)
        if method == "POST" and not re.match(r"/(api|pay|webhooks)/|/verify", path)
    }
    signing_in = {"/login", "/login/code", "/password/{staff_token}"}
    assert paths - signing_in - set(FORMS) == set(), "add it to FORMS in web/staff/needs.py"
    assert set(FORMS) - paths == set()
    pages = {path.removeprefix("/staff") for path, method in routes_of(biller.site) if method == "GET"}
    assert set(PAGES) - pages == set()
