"""The page of an issuer's reminders."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from paymail.emails import Tone
from paymail.models import Issuer, StaffUser
from paymail.services.core.issuers import ensure_issuer
from paymail.services.issuers import bank_changes
from paymail.services.issuers.issuer_settings import set_up_issuer
from tests.web.conftest import PASSWORD, Biller
from tests.web.staff.test_second_factor import code

FORM: dict[str, object] = {
    "issuer": "1", "do": "save", "days": ["-2", "5"], "tone": ["upcoming", "firm"], "reminders": "on",
    "send_at": "10:30", "quiet_from": "19:00", "quiet_until": "07:30", "timezone": "Pacific/Auckland",
    "country": "nz", "subdivision": "", "minimum": "12.50", "cap": "4", "rate": "office365",
    "link_days": "45",
}  # fmt: skip


@pytest.fixture
def shop(biller: Biller) -> Biller:
    """An issuer with one owed invoice."""
    biller.site.invoice()
    return biller


def issuer(biller: Biller) -> Issuer:
    with biller.site.app.reading() as session:
        return session.get_one(Issuer, 1)


def test_everything_can_be_set_and_is_shown_again(shop: Biller) -> None:
    page = shop.post("/reminders", **FORM)
    found = issuer(shop)
    assert found.ladder == "-2:upcoming, 5:firm"
    assert (found.send_at, found.quiet_from, found.quiet_until) == ("10:30", "19:00", "07:30")
    assert (found.timezone, found.country, found.subdivision) == ("Pacific/Auckland", "NZ", "")
    assert (found.reminder_minimum, found.reminder_cap, found.sender_rate) == (1250, 4, "office365")
    assert not found.reminders_off
    assert found.link_days == 45
    assert "Saved." in page
    assert 'value="12.50"' in page
    assert not found.save_methods
    shop.post("/reminders", **{**FORM, "save_methods": "on"})
    assert issuer(shop).save_methods
    shop.post("/reminders", **FORM)  # a page of before knows nothing of it
    assert issuer(shop).save_methods
    shop.post("/reminders", **{**FORM, "save_methods": "off"})
    assert not issuer(shop).save_methods
    shop.post("/reminders", **{**FORM, "reminders": "off"})
    assert issuer(shop).reminders_off


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"days": ["1", "1"]}, "two steps cannot be on the same day"),
        ({"days": ["400", "1"]}, "is not between"),
        ({"days": ["", ""]}, "at least one step"),
        ({"tone": ["furious", "due"]}, "is not a tone"),
        ({"timezone": "Mars/Olympus"}, "is not a time zone"),
        ({"country": "ZZ"}, "public holidays are not available"),
        ({"send_at": "25:00"}, "is not a time of day"),
        ({"send_at": "22:00"}, "is within quiet hours"),
        ({"minimum": "ten"}, "is not a decimal number"),
        ({"minimum": "0.001"}, "more decimal places"),
        ({"minimum": "-1"}, "cannot be negative"),
        ({"minimum": "9" * 25}, "the minimum balance is too large"),
        ({"cap": "101"}, "between 0 and 100"),
        ({"cap": "many"}, "is not a number between 0"),
        ({"rate": "quick"}, "is not a number of emails per minute"),
        ({"reminders": "maybe"}, "on or off"),
        ({"link_days": "soon"}, "is not a number of days"),
        ({"link_days": "9999"}, "0 to 3650 days"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    shop: Biller, change: dict[str, object], reason: str
) -> None:
    page = shop.post("/reminders", 422, **{**FORM, **change})
    assert reason in page.replace("&#39;", "'")
    for typed in ("19:00", "07:30"):
        assert f'value="{typed}"' in page
    for typed in change.values():
        assert isinstance(typed, list) or f'value="{typed}"' in page or typed == "maybe"
    assert (issuer(shop).ladder, issuer(shop).timezone) == ("", "Australia/Sydney")


def test_rows_are_added_and_removed_without_saving(shop: Biller) -> None:
    page = shop.post("/reminders", **{**FORM, "do": "add"})
    assert page.count('name="days"') == 3
    assert "Not saved yet." in page
    page = shop.post("/reminders", **{**FORM, "do": "remove 0"})
    assert page.count('name="days"') == 1
    assert 'name="days" min="-60" max="365" step="1" value="5"' in page
    assert 'value="10:30"' in page
    page = shop.post("/reminders", **{**FORM, "do": "default"})
    assert page.count('name="days"') == 5
    assert shop.post("/reminders", **{**FORM, "do": "remove 9"}).count('name="days"') == 2
    assert issuer(shop).ladder == ""


def test_a_broken_setting_still_shows_the_page(shop: Biller) -> None:
    with shop.site.app.transaction() as session:
        session.get_one(Issuer, 1).ladder = "nonsense"
    assert shop.get("/reminders").count('name="days"') == 5


def test_each_issuer_has_its_own(shop: Biller) -> None:
    with shop.site.app.transaction() as session:
        ensure_issuer(session, name="Other Ltd", email="x@other.example", now=shop.clock, currency="JPY")
    shop.post("/reminders", **{**FORM, "issuer": "2", "minimum": "500"})
    assert issuer(shop).ladder == ""
    page = shop.get("/reminders?issuer=2")
    assert "Minimum balance for reminders (JPY)" in page
    assert f'value="{Decimal(500)}"' in page
    shop.get("/reminders?issuer=3", 404)
    shop.get("/reminders?issuer=x", 422)


@pytest.mark.parametrize("tone", list(Tone))
def test_each_tone_can_be_read_in_a_frame_that_can_do_nothing(shop: Biller, tone: Tone) -> None:
    assert f'sandbox="" loading="lazy" src="/staff/reminders/samples/reminder_{tone}"' in shop.get(
        "/reminders"
    )
    answer = shop.site.client.get(f"/staff/reminders/samples/reminder_{tone}")
    assert "The Vacuum Shop" in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]
    assert shop.messages() == []


def test_a_sample_that_does_not_exist_is_not_found(shop: Biller) -> None:
    shop.get("/reminders/samples/..%2fsecrets", 404)
    shop.get("/reminders/samples/shouting", 404)


def test_links_are_set_to_end_never_and_an_older_form_leaves_them_as_they_are(shop: Biller) -> None:
    assert 'value="never"' in shop.post("/reminders", **{**FORM, "link_days": "never"})
    assert issuer(shop).link_days is None
    shop.post("/reminders", **{**FORM, "link_days": "20"})
    shop.post("/reminders", **{name: value for name, value in FORM.items() if name != "link_days"})
    assert issuer(shop).link_days == 20


def test_a_page_of_before_still_stops_a_change_of_bank_details(shop: Biller) -> None:
    with shop.site.app.transaction() as session:
        found = session.get_one(Issuer, 1)
        changes = {"bank_number": "6666"}
        set_up_issuer(session, issuer=found, changes=changes, actor="A thief", now=shop.clock)
    assert "The change was stopped." in shop.post("/reminders/bank/cancel", issuer="1")
    with shop.site.app.reading() as session:
        assert bank_changes.waiting(session, issuer_id=1) is None


def test_an_admin_applies_a_change_of_bank_details_at_once_with_a_second_factor_only(shop: Biller) -> None:
    def number() -> str:
        with shop.site.app.reading() as session:
            return session.get_one(Issuer, 1).bank_number

    with shop.site.app.transaction() as session:
        first, changes = session.get_one(Issuer, 1), {"bank_number": "2000"}
        set_up_issuer(session, issuer=first, changes=changes, actor="Ann", now=shop.site.app.now())
    assert number() != "2000"
    seen = shop.hidden(shop.get("/companies/1"), "change_id")
    confirm = "/companies/1/bank/confirm"
    assert "set one up" in shop.post(confirm, 409, code="123456", change_id=seen)
    shop.post("/account/second-factor/begin", present=PASSWORD)
    shop.post("/account/second-factor", code=code(shop))
    # A thief of the session and the password could have set it up just now.
    assert "less than 48 hours ago" in shop.post(confirm, 409, code=code(shop, 1), change_id=seen)
    with shop.site.app.transaction() as session:
        session.scalars(select(StaffUser)).one().totp_since = shop.clock - timedelta(hours=48)
    assert "not right" in shop.post(confirm, 422, code=code(shop), change_id=seen)  # used
    # Somebody asks for other details while the page is open.
    with shop.site.app.transaction() as session:
        first, changes = session.get_one(Issuer, 1), {"bank_number": "6666"}
        set_up_issuer(session, issuer=first, changes=changes, actor="A thief", now=shop.clock)
    for shown in (seen, "0"):
        page = shop.post(confirm, 409, code=code(shop, 1), change_id=shown)
        assert "another change was asked for meanwhile" in page
    assert number() not in ("2000", "6666")
    now_seen = shop.hidden(page, "change_id")
    assert "apply now" in shop.post(confirm, code=code(shop, 1), change_id=now_seen)
    assert number() == "6666"
    shop.move(seconds=60)
    page = shop.post(confirm, 409, code=code(shop), change_id=now_seen)
    assert "does not wait any more" in page


def test_an_issuer_without_an_abn_is_told_where_to_mend_it(shop: Biller) -> None:
    assert "no valid ABN" not in shop.get("/reminders")
    with shop.site.app.transaction() as session:
        session.get_one(Issuer, 1).tax_id = ""
    assert "Invoices with GST cannot be emailed: " in shop.get("/reminders")
