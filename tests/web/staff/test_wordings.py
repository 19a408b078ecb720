"""The pages of a company's own words: the list, saving, versions, the preview and a test to oneself."""

from email import message_from_bytes, policy
from urllib.parse import urlencode

import pytest
from sqlalchemy import event, func, select

from paymail.emails.own_words import PLACEHOLDERS
from paymail.models import AuditEntry, Base, Wording
from paymail.services.letters.unsaved import NO_TOKEN
from paymail.web.staff.wording_view import GROUPS, MEANINGS
from tests.web.conftest import STAFF, Biller
from tests.web.http.hostile import VALUES

HERE = "/companies/1/wording/invoice/en"


@pytest.fixture
def shop(biller: Biller) -> Biller:
    """A company with one owed invoice."""
    biller.site.invoice()
    return biller


def saved(biller: Biller) -> list[Wording]:
    with biller.site.app.reading() as session:
        return list(session.scalars(select(Wording).order_by(Wording.wording_id)))


def rows(biller: Biller) -> dict[str, int]:
    with biller.site.app.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_the_pages_know_every_email_and_placeholder() -> None:
    assert {name for names in GROUPS.values() for name in names} == set(PLACEHOLDERS)
    assert {name for names in PLACEHOLDERS.values() for name in names} == set(MEANINGS)


def test_words_are_saved_listed_and_named_in_history_and_audit_log(shop: Biller) -> None:
    page = shop.post(HERE, opening="Hello {{ customer_name }}", subject="Invoice {{ number }}", seen="0")
    assert "Saved. Emails that are written from now on use these words" in page
    assert "In use" in page
    assert 'value="Invoice {{ number }}"' in page
    (row,) = saved(shop)
    assert (row.template, row.language, row.version, row.actor) == ("invoice", "en", 1, STAFF)
    overview = shop.get("/companies/1/wording")
    assert overview.count("Yours, version 1") == 1
    assert "Wording of emails" in shop.get("/companies/1/history")
    with shop.site.app.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id.desc())).first()
    assert entry is not None
    assert (entry.who, entry.act, entry.name) == (STAFF, "setting", "wording")
    assert "Hello {{ customer_name }}" in entry.new


def test_what_is_wrong_is_said_beside_its_field_and_kept_as_it_was_typed(shop: Biller) -> None:
    page = shop.post(
        HERE, 422, subject="Hello {{ costumer_name }}", opening="{% for x in y %}", closing="Bye", seen="0"
    )
    assert (
        "{{ costumer_name }} is not a placeholder of this email; the nearest is {{ customer_name }}." in page
    )
    assert 'id="subject-fault"' in page
    assert 'id="opening-fault"' in page
    assert 'id="closing-fault"' not in page
    assert 'value="Hello {{ costumer_name }}"' in page
    assert "Bye</textarea>" in page
    assert saved(shop) == []


def test_no_hostile_text_breaks_the_pages(shop: Biller) -> None:
    for value in VALUES:
        for path in (HERE, f"{HERE}/preview", f"{HERE}/test"):
            form = {name: str(value) for name in ("subject", "opening", "seen", "number", "view")}
            answer = shop.site.client.post(f"/staff{path}", content=_encoded(shop, form), headers=_FORM)
            assert answer.status_code < 500, (path, value)


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def _encoded(shop: Biller, form: dict[str, str]) -> bytes:
    return urlencode({"csrf": shop.csrf, **form}, errors="surrogatepass").encode()


def test_an_earlier_version_is_shown_and_used_again(shop: Biller) -> None:
    shop.post(HERE, opening="First words", seen="0")
    shop.post(HERE, opening="Second words", seen="1")
    page = shop.get(f"{HERE}?version=1")
    assert "First words</textarea>" in page
    assert "This is version 1, which is not in use." in page
    assert 'name="seen" value="2"' in page
    page = shop.post(f"{HERE}/back", version="1")
    assert "First words</textarea>" in page
    assert [one.opening for one in saved(shop)] == ["First words", "Second words", "First words"]
    page = shop.post(f"{HERE}/back", version="0")
    assert "Paymail&#39;s words are used from now on." in page
    assert "Nothing was changed" in shop.post(f"{HERE}/back", version="0")
    shop.get(f"{HERE}?version=9", 404)
    shop.get("/companies/1/wording/notice/en", 404)
    shop.get("/companies/1/wording/invoice/xx", 404)


def test_two_people_at_once_lose_nothing(shop: Biller) -> None:
    shop.post(HERE, opening="Ann's words", seen="0")
    page = shop.post(HERE, 409, opening="Bob's words", seen="0")
    assert "saved version 1 since you opened the page" in page
    assert "Bob&#39;s words</textarea>" in page
    assert len(saved(shop)) == 1
    shop.post(HERE, opening="Bob's words", seen=shop.hidden(page, "seen"))
    assert "saved version 2" in shop.post(f"{HERE}/back", 409, version="0", seen="1")
    assert [one.opening for one in saved(shop)] == ["Ann's words", "Bob's words"]


def test_a_preview_shows_what_is_typed_in_the_language_and_stores_nothing(shop: Biller) -> None:
    token = shop.site.invoice(503)
    before = rows(shop)
    german = "/companies/1/wording/reminder_firm/de/preview"
    typed = {
        "subject": "Betreff {{ number }}",
        "preheader": "Erste Zeile",
        "opening": "Liebe <b>{{ customer_name }}",
    }
    sample = shop.post(german, **typed)
    real = shop.post(german, number="#503", **typed)
    for page, number in ((sample, "502"), (real, "503")):
        assert f"<b>Betreff {number}</b>" in page
        assert ">Erste Zeile<" in page.replace("<bdi>", "").replace("</bdi>", "")
        assert "Liebe &lt;b&gt;" in page
        assert "Rechnung" in page
        assert f'/pay/{NO_TOKEN}"' not in page
        assert token not in page
    assert "Betreff 503" in shop.post(german, number="503", view="text", **typed)
    assert shop.post(german, 422, subject="{{ x }}").count("{{ x }}") == 1
    assert "no invoice 9" in shop.post(german, 404, number="9")
    assert rows(shop) == before


def test_the_first_preview_is_of_what_is_in_use(shop: Biller) -> None:
    shop.post(HERE, opening="Words in use", seen="0")
    assert "Words in use" in shop.get(f"{HERE}/preview")
    assert "Words in use" in shop.answer("/companies/1/preview", kind="invoice", seen="{}").text
    assert "Words in use" not in shop.get("/companies/1/wording/invoice/fr/preview")
    shop.post(HERE, opening="Newer words", seen="1")
    assert "Newer words" in shop.get(f"{HERE}/preview")
    assert "Words in use" in shop.get(f"{HERE}/preview?version=1")


def test_a_test_goes_to_whoever_asks_and_to_nobody_else(shop: Biller) -> None:
    said = shop.post(f"{HERE}/test", subject="Mine {{ number }}", closing="Bye")
    assert f"Sent to {STAFF}" in said
    (file,) = shop.site.app.mailbox.glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["Subject"] == "Test: Mine 502"
    assert mail["To"] == STAFF
    assert not saved(shop)


def test_the_pages_cost_the_same_however_much_there_is(shop: Biller) -> None:
    def statements(path: str) -> int:
        found: list[str] = []
        event.listen(shop.site.app.engine, "before_cursor_execute", lambda *given: found.append(given[2]))
        shop.get(path)
        return len(found)

    pages = ("/companies/1/wording", HERE)
    shop.post(HERE, opening="One", seen="0")
    one = [statements(path) for path in pages]
    for template in PLACEHOLDERS:
        shop.post(f"/companies/1/wording/{template}/de", opening="Mehr", seen="0")
    assert [statements(path) for path in pages] == one
