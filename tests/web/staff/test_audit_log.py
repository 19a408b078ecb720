"""Every act of a person or a key is in the audit log, in the transaction that did it, and stays there."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import Executable, delete, event, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.models import AuditEntry, Role, StaffUser
from paymail.services.access.asking import Asking
from paymail.services.access.logins import LoginRefused, log_in
from paymail.services.access.sign_ins import CAME_FROM, MOST_FAILURES, NOBODY
from tests.web.bearer import bearer
from tests.web.conftest import BOTH, PASSWORD, STAFF, Biller, Site
from tests.web.staff.test_customer_list import statements
from tests.web.staff.test_second_factor import enrolled
from tests.web.staff.test_staff_people import WORDS, another, link_on
from tests.web.two_issuers import become

__all__ = ["enrolled"]

GRANT = {"issuer": "all", "proof": PASSWORD}


def text_of(page: str) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def logged(site: Site) -> list[tuple[str, str, str, str]]:
    with site.app.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id))
        return [(row.who, row.door, row.act, row.object) for row in rows if row.name != CAME_FROM]


def test_what_is_done_on_pages_is_named_with_its_object_and_what_was_before(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/hold", reason="staff")
    biller.post("/people", email="kim@office.example", role="viewer", **GRANT)
    biller.post("/people/2/role", role="admin", **GRANT)
    biller.post("/views", name="Mine", query="currency=AUD")
    biller.post("/suppressions", address="x@y.example", reason="asked")
    assert [(act, about) for _, _, act, about in logged(biller.site)] == [
        ("reminders held", "invoice 502"),
        ("role", "person kim@office.example"),
        ("password link", "person kim@office.example"),
        ("role", "person kim@office.example"),
        ("views", ""),
        ("suppressions", ""),
    ]
    assert {(who, door) for who, door, _, _ in logged(biller.site)} == {(STAFF, "page")}
    page = biller.get("/audit?object=person kim@office.example")
    assert "changed the role of kim@office.example for all companies" in text_of(page)
    assert '<bdi>viewer</bdi></td><td role="cell" class="wrap" data-l="Is"><bdi>admin</bdi>' in page
    assert "held the reminders" not in page
    assert "held the reminders of invoice #502" in text_of(biller.get("/audit?topic=reminders"))


def test_a_refused_act_a_look_and_the_system_are_not_acts(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/send", sequence=1)
    before = logged(biller.site)
    assert len(before) == 1
    biller.post("/invoices/502/write-off", 422, amount="", before="0")
    biller.get("/invoices/502")
    biller.site.sweep()
    biller.site.client.get("/api/v1/invoices", headers=bearer(biller.site.app, "read"))
    assert logged(biller.site) == before


def test_a_change_of_settings_is_there_as_it_was_and_as_it_is(biller: Biller) -> None:
    biller.site.invoice()
    headers = bearer(biller.site.app, "read", "write", name="Book keeping")
    changed = biller.site.client.patch("/api/v1/issuers/1", json={"phone": "02 1234"}, headers=headers)
    assert changed.status_code == 200, changed.text
    with biller.site.app.reading() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.door == "api"))
    assert (entry.door, entry.act, entry.object, entry.name) == ("api", "setting", "issuer 1", "phone")
    assert (entry.old, entry.new, entry.who.startswith("Book keeping (key ")) == ("", "02 1234", True)
    page = biller.get("/audit?topic=companies&company=1")
    assert "changed “Phone” of Southern IT" in text_of(page)
    assert '<a href="/staff/companies/1"><bdi>Southern IT' in page
    assert "No entries" in biller.get("/audit?company=2")
    biller.get("/audit?company=9999999999999999999999", 422)
    biller.get("/audit?topic=nonsense", 422)


def test_no_secret_gets_into_it(biller: Biller) -> None:
    token = biller.site.invoice()
    biller.post("/invoices/502/link", do="regenerate")
    page = biller.post("/people", email="k@x.example", role="viewer", **GRANT)
    link = re.search(r"/staff/password/([^\"]+)", page)
    biller.post("/account/password", present="correct horse battery staple", password=WORDS)
    with biller.site.app.reading() as session:
        told = str(session.execute(text("SELECT * FROM audit_entries")).all())
    assert link is not None
    assert "account password" in told
    assert not [secret for secret in (token, link[1], WORDS, "correct horse") if secret in told]


def test_a_password_set_by_a_link_is_there_with_whose_it_is(biller: Biller) -> None:
    page = biller.post("/people", email="kim@office.example", role="viewer", **GRANT)
    assert another(biller.site).post(link_on(page), data={"password": WORDS}).status_code == 200
    kim = "kim@office.example"
    assert logged(biller.site)[-1] == (kim, "page", "password by link", f"person {kim}")


def test_what_a_host_calls_its_customers_and_invoices_does_not_stay_for_ever(site: Site) -> None:
    site.invoice()
    headers = bearer(site.app, "write")
    body = {"name": "Jane Roe", "email": "jane@roe.example"}
    assert site.client.put("/api/v1/customers/Jane-Roe", json=body, headers=headers).status_code == 201
    assert [(act, about) for _, _, act, about in logged(site)] == [("PUT customers", "")]


def test_what_was_rolled_back_is_not_taken_for_told(site: Site) -> None:
    app = site.app.asked_by(Asking(who="Ann", act="views"))

    def fail(_session: Session) -> None:
        raise InvalidInput("the database went away")

    def write(*, failing: bool) -> None:
        with app.transaction() as session:
            if failing:
                event.listen(session, "before_commit", fail)
            session.add(StaffUser(email=STAFF, password_hash="x", created_at=app.now()))

    with pytest.raises(InvalidInput):
        write(failing=True)
    assert logged(site) == []
    write(failing=False)
    assert logged(site) == [("Ann", "page", "views", "")]


def test_it_can_be_filtered_paged_and_exported_without_a_formula(biller: Biller) -> None:
    with biller.site.app.transaction() as session:
        session.add_all(
            AuditEntry(at=biller.clock, who="=SUM(A1)", door="cli", act=f"act {number}", object="invoice 1")
            for number in range(60)
        )
    biller.go(biller.clock + timedelta(days=2))
    first = biller.get("/audit?who=%3DSUM(A1)")
    assert (first.count('<td role="cell" class="q'), "act 59" in first, "act 9”" in first) == (
        50,
        True,
        False,
    )
    older = re.search(r'rel="next" href="/staff(/audit[^"]+)"', first)
    assert older is not None
    assert biller.get(older[1].replace("&amp;", "&")).count('<td role="cell" class="q') == 10
    day = biller.clock.date()
    assert "Nothing matches" in biller.get(f"/audit?since={day + timedelta(days=1)}")
    assert "act 59" in biller.get(f"/audit?until={day}")
    assert "not a date" in biller.get("/audit?since=soon", 422)
    rows = list(csv.DictReader(io.StringIO(biller.get("/audit.csv?object=invoice 1"))))
    assert (len(rows), rows[0]["who"], rows[0]["act"]) == (60, "'=SUM(A1)", "act 59")


def test_who_signs_in_and_out_is_there_and_of_failures_only_so_many(biller: Biller) -> None:
    hour = timedelta(hours=1)
    for typed in (*[WORDS] * (MOST_FAILURES + 3), STAFF):  # a password where the address belongs
        with pytest.raises(LoginRefused):
            log_in(biller.site.app.login_context(), email=typed, password="x", lifetime=hour, address="::1")
    biller.post("/logout")
    biller.csrf = biller.site.log_in()
    page = text_of(biller.get("/audit?topic=sign-ins"))
    assert page.count(f"{NOBODY} failed to sign in: wrong password from") == MOST_FAILURES
    assert page.count("; further tries are not listed") == 1
    assert f"{STAFF} failed to sign in: wrong password from" in page
    assert f"{STAFF} signed out" in page
    assert page.count(f"{STAFF} signed in from") == 2
    with biller.site.app.reading() as session:
        assert WORDS not in str(session.execute(text("SELECT * FROM audit_entries")).all())


def test_the_second_factor_of_a_sign_in_is_told(enrolled: tuple[Biller, list[str]]) -> None:
    biller, codes = enrolled
    client = another(biller.site)
    for code in ("000000", codes[0]):
        client.post("/staff/login", data={"email": STAFF, "password": PASSWORD})
        client.post("/staff/login/code", data={"code": code})
    page = text_of(biller.get("/audit?topic=sign-ins"))
    assert f"{STAFF} failed to sign in: wrong code of the second factor from" in page
    assert f"{STAFF} signed in with a recovery code from" in page


def test_the_page_costs_as_many_statements_however_many_things_it_names(biller: Biller) -> None:
    for number in (502, 503, 504):
        biller.site.invoice(number)
    biller.post("/invoices/502/hold", reason="staff")
    few = statements(biller, "/audit")
    for number in (503, 504):
        biller.post(f"/invoices/{number}/hold", reason="staff")
    assert statements(biller, "/audit") == few


@BOTH
def test_the_database_refuses_to_change_or_delete_an_entry(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/hold", reason="staff")
    statements: list[Executable] = [delete(AuditEntry), update(AuditEntry).values(who="x")]
    if biller.site.app.engine.dialect.name == "postgresql":
        statements.append(text("TRUNCATE audit_entries"))
    for statement in statements:
        with pytest.raises(DBAPIError, match="append-only"), biller.site.app.transaction() as session:
            session.execute(statement)
    assert len(logged(biller.site)) == 1


def test_only_an_admin_of_all_companies_reads_it(biller: Biller) -> None:
    biller.site.invoice()
    become(biller.site, Role.ADMIN, 1)
    biller.get("/audit", 403)
    biller.get("/audit.csv", 403)
    become(biller.site, Role.REFUNDER, None)
    biller.get("/audit", 403)
