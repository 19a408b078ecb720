"""People are invited by a link that works once, get roles, and are gone at once when they are removed."""

import html
import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from paymail.models import Role
from paymail.services.access import people
from paymail.services.access.roles import Roles
from tests.web.conftest import PASSWORD, STAFF, Biller, Site
from tests.web.two_issuers import become

NEW = "kim@office.example"
WORDS = "seven quiet umbrellas"


def roles(site: Site) -> dict[str, Roles]:
    with site.app.reading() as session:
        return {one.user.email: one.roles for one in people.people(session)}


def link_on(page: str) -> str:
    found = re.search(r'value="https://pay\.example(/staff/password/[^"]+)"', page)
    assert found is not None
    return html.unescape(found[1])


def another(site: Site) -> TestClient:
    """A second browser."""
    return TestClient(site.client.app, base_url="https://pay.example", raise_server_exceptions=False)


def sign_in(client: TestClient, email: str, password: str) -> int:
    given = {"email": email, "password": password}
    return client.post("/staff/login", data=given, follow_redirects=False).status_code


def csrf_of(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/staff/account").text)
    assert found is not None
    return found[1]


@pytest.fixture
def invited(biller: Biller) -> tuple[Biller, str]:
    """Somebody new, and the address of the link that was shown."""
    biller.site.invoice()
    page = biller.post("/people", email=" Kim@Office.example", role="viewer", issuer="1", proof=PASSWORD)
    return biller, link_on(page)


def test_who_is_invited_sets_a_password_once_and_has_the_role(invited: tuple[Biller, str]) -> None:
    biller, link = invited
    assert roles(biller.site)[NEW] == Roles(None, ((1, Role.VIEWER),))
    assert link not in biller.get("/people")
    other = another(biller.site)
    assert sign_in(other, NEW, "") in (403, 422)
    assert other.get(link).status_code == other.get(link).status_code == 200  # looking uses nothing up
    assert "too common" in other.post(link, data={"password": "password1234"}).text
    assert other.post(link, data={"password": WORDS}, follow_redirects=False).status_code == 303
    assert other.post(link, data={"password": WORDS + "!"}).status_code == other.get(link).status_code == 404
    assert sign_in(other, NEW, WORDS) == 303
    assert other.get("/staff/people").status_code == 403
    assert other.get("/staff/invoices/502").status_code == 200


def test_a_link_is_over_after_three_days_and_when_another_was_made(invited: tuple[Biller, str]) -> None:
    biller, first = invited
    second = link_on(biller.post("/people/2/link", proof=PASSWORD))
    other = another(biller.site)
    assert (other.get(first).status_code, other.get(second).status_code) == (404, 200)
    biller.clock += timedelta(hours=73)
    assert other.post(second, data={"password": WORDS}).status_code == 404


def test_who_is_removed_is_signed_out_at_once_and_may_come_back_without_the_old_password(
    invited: tuple[Biller, str],
) -> None:
    biller, link = invited
    other = another(biller.site)
    other.post(link, data={"password": WORDS})
    assert sign_in(other, NEW, WORDS) == 303
    biller.post("/people/2/remove")
    assert other.get("/staff/", follow_redirects=False).headers["location"] == "/staff/login"
    assert NEW not in roles(biller.site)
    assert sign_in(other, NEW, WORDS) == 403
    biller.post("/people", email=NEW, role="biller", issuer="all", proof=PASSWORD)
    assert sign_in(other, NEW, WORDS) == 403
    assert roles(biller.site)[NEW] == Roles(Role.BILLER)


def test_the_last_admin_is_neither_removed_nor_demoted(invited: tuple[Biller, str]) -> None:
    biller, _ = invited
    biller.post("/people/2/role", role="admin", issuer="all", proof=PASSWORD)
    for path, form in (
        ("remove", {}),
        ("role", {"role": "viewer", "issuer": "all"}),
        ("role", {"role": "none", "issuer": "all"}),
    ):
        assert "only admin" in biller.post(f"/people/1/{path}", 409, **form)
    assert roles(biller.site)[STAFF] == Roles(Role.ADMIN)


@pytest.mark.parametrize(
    ("form", "status", "reason"),
    [
        ({"email": "x", "role": "viewer"}, 422, "is not an email address"),
        ({"email": STAFF, "role": "viewer"}, 409, "has an account already"),
        ({"email": "y@x.example", "role": "owner"}, 422, "is not a role"),
        ({"email": "y@x.example", "role": "viewer", "issuer": "77"}, 404, "issuer not found"),
        ({"email": "y@x.example", "role": "viewer", "issuer": ""}, 422, "choose a company"),
        ({"email": "y@x.example", "role": "viewer", "proof": ""}, 422, "enter your password"),
        ({"email": "y@x.example", "role": "viewer", "proof": "wrong"}, 422, "password is not right"),
    ],
)
def test_what_cannot_be_invited_is_refused_with_the_reason(
    biller: Biller, form: dict[str, str], status: int, reason: str
) -> None:
    assert reason in html.unescape(
        biller.post("/people", status, **{"issuer": "all", "proof": PASSWORD} | form)
    )
    assert list(roles(biller.site)) == [STAFF]


@pytest.mark.parametrize(
    ("path", "form"),
    [("link", {}), ("second-factor", {"do": "require"}), ("role", {"role": "admin", "issuer": "all"})],
)
def test_a_stolen_session_opens_no_account_to_anybody(
    invited: tuple[Biller, str], path: str, form: dict[str, str]
) -> None:
    biller, link = invited
    for proof in ("", "wrong"):
        assert "password" in biller.post(f"/people/2/{path}", 422, **form, proof=proof)
    assert roles(biller.site)[NEW] == Roles(None, ((1, Role.VIEWER),))
    assert another(biller.site).get(link).status_code == 200
    assert "second factor required" not in biller.get("/people")
    biller.post(f"/people/2/{path}", **form, proof=PASSWORD)
    # Less than admin asks for nothing; for which company is said all the same.
    biller.post("/people/2/role", role="biller", issuer="1")
    assert "choose a company" in biller.post("/people/2/role", 422, role="biller")


def test_only_an_admin_of_all_companies_manages_people(biller: Biller) -> None:
    biller.site.invoice()
    become(biller.site, Role.ADMIN, 1)
    assert "for all companies" in biller.get("/people", 403)
    assert "/staff/people" not in biller.get("/")
    biller.post("/people", 403, email=NEW, role="admin")
    become(biller.site, Role.REFUNDER, None)
    biller.post("/people", 403, email=NEW, role="admin")


def test_the_own_password_is_changed_by_who_knows_it_and_other_sessions_end(biller: Biller) -> None:
    other = another(biller.site)
    assert sign_in(other, STAFF, PASSWORD) == 303
    assert biller.get("/account").count("<td>") == 2
    assert "is not right" in biller.post("/account/password", 422, present="wrong", password=WORDS)
    assert "too common" in biller.post("/account/password", 422, present=PASSWORD, password="password1234")
    assert other.get("/staff/", follow_redirects=False).status_code == 200
    assert "is changed" in biller.post("/account/password", present=PASSWORD, password=WORDS)
    assert other.get("/staff/", follow_redirects=False).status_code == 303
    assert (sign_in(other, STAFF, PASSWORD), sign_in(other, STAFF, WORDS)) == (403, 303)


def test_signing_out_everywhere_ends_every_session(biller: Biller) -> None:
    other = another(biller.site)
    sign_in(other, STAFF, PASSWORD)
    assert other.post("/staff/account/sign-out", data={"csrf": csrf_of(other)}).status_code == 200
    assert biller.site.client.get("/staff/", follow_redirects=False).status_code == 303
