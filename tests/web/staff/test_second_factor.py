"""The second factor: a code of an app after the password, each accepted once, and recovery codes."""

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from paymail.models import RecoveryCode, StaffUser
from tests.web.conftest import PASSWORD, STAFF, Biller
from tests.web.staff.test_staff_people import another, sign_in

HERE = "/account/second-factor"
INSIDE = "/staff/"


def secret_of(biller: Biller) -> str:
    with biller.site.app.reading() as session:
        user = session.scalars(select(StaffUser).where(StaffUser.email == STAFF)).one()
        return user.totp_secret or user.totp_pending or ""


def code(biller: Biller, later: int = 0) -> str:
    """What the app shows now, or some steps later."""
    moment = biller.clock + timedelta(seconds=30 * later)
    return pyotp.TOTP(secret_of(biller)).at(int(moment.timestamp()))


def give(client: TestClient, typed: str) -> tuple[int, str]:
    answer = client.post("/staff/login/code", data={"code": typed}, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", "")


def is_inside(client: TestClient) -> bool:
    return client.get(INSIDE, follow_redirects=False).status_code == 200


@pytest.fixture
def enrolled(biller: Biller) -> tuple[Biller, list[str]]:
    """Staff with a second factor, and the recovery codes that were shown."""
    biller.post(f"{HERE}/begin", present=PASSWORD)
    page = biller.post(HERE, code=code(biller))
    codes = re.findall(r"<li>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</li>", page)
    assert len(set(codes)) == 10
    return biller, codes


def test_the_code_is_asked_for_after_the_password_and_is_accepted_once(
    enrolled: tuple[Biller, list[str]],
) -> None:
    biller, _ = enrolled
    other = another(biller.site)
    assert sign_in(other, STAFF, PASSWORD) == 303
    assert not is_inside(other)
    # The one by which it was turned on is used; so is one that is too old or made up.
    for typed in (code(biller), code(biller, -2), code(biller, 2), "٣٣٣٣٣٣"):
        assert give(other, typed)[0] in (403, 422), typed
    biller.move(seconds=30)
    half = other.cookies["paymail_session"]
    assert give(other, f" {code(biller)[:3]} {code(biller)[3:]}") == (303, "/staff/")
    assert is_inside(other)
    assert other.cookies["paymail_session"] != half
    third = another(biller.site)
    sign_in(third, STAFF, PASSWORD)
    assert give(third, code(biller))[0] == 403
    assert not is_inside(third)


def test_a_recovery_code_signs_in_once_however_it_is_typed(enrolled: tuple[Biller, list[str]]) -> None:
    biller, codes = enrolled
    with biller.site.app.reading() as session:
        kept = [row.digest for row in session.scalars(select(RecoveryCode))]
    assert not set(codes) & set(kept)
    other = another(biller.site)
    sign_in(other, STAFF, PASSWORD)
    assert give(other, codes[0].lower().replace("-", " "))[0] == 303
    assert is_inside(other)
    third = another(biller.site)
    sign_in(third, STAFF, PASSWORD)
    assert give(third, codes[0])[0] == 403
    assert "9 recovery codes left" in biller.get(HERE)


def test_guessing_is_stopped_also_when_the_password_is_known(enrolled: tuple[Biller, list[str]]) -> None:
    biller, _ = enrolled
    other = another(biller.site)
    sign_in(other, STAFF, PASSWORD)
    answers = [give(other, f"{number:06}")[0] for number in range(12)]
    assert 429 in answers
    assert answers.count(403) <= 10


def test_a_half_sign_in_is_over_after_ten_minutes_and_without_one_no_code_helps(
    enrolled: tuple[Biller, list[str]],
) -> None:
    biller, codes = enrolled
    other = another(biller.site)
    assert give(other, codes[0]) == (303, "/staff/login")
    sign_in(other, STAFF, PASSWORD)
    biller.move(minutes=11)
    assert give(other, codes[0]) == (303, "/staff/login")


def test_the_qr_code_is_shown_while_an_app_is_enrolled_only(biller: Biller) -> None:
    picture = f"/staff{HERE}/code.svg"
    assert biller.site.client.get(picture).content == b""
    biller.post(f"{HERE}/begin", present=PASSWORD)
    answer = biller.site.client.get(picture)
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert (b"<svg" in answer.content, answer.headers["cache-control"]) == (True, "no-store")
    assert "not right" in biller.post(HERE, 422, code="000000")
    biller.post(HERE, code=code(biller))
    assert biller.site.client.get(picture).content == b""
    assert secret_of(biller) not in biller.get(HERE)


def test_it_is_turned_off_with_a_code_unless_an_admin_requires_it(enrolled: tuple[Biller, list[str]]) -> None:
    biller, codes = enrolled
    biller.post("/people/1/second-factor", do="require", proof=code(biller, 1))
    assert "requires a second factor" in biller.post(f"{HERE}/off", 409, code=codes[0])
    biller.move(seconds=60)
    biller.post("/people/1/second-factor", do="allow", proof=code(biller))
    assert "not right" in biller.post(f"{HERE}/off", 422, code="000000")
    biller.post(f"{HERE}/off", code=codes[0])
    assert sign_in(another(biller.site), STAFF, PASSWORD) == 303
    assert secret_of(biller) == ""


def test_who_must_have_one_can_do_nothing_else_until_it_is_set_up(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/people/1/second-factor", do="require", proof=PASSWORD)
    assert "Set it up to go on" in biller.get("/invoices/502")
    biller.post("/invoices/502/send", sequence=1)
    assert biller.messages() == []
    biller.post(f"{HERE}/begin", present=PASSWORD)
    biller.post(HERE, code=code(biller))
    assert "#502" in biller.get("/invoices/502")


def test_an_admin_forgets_the_app_of_a_lost_phone_and_sessions_end(
    enrolled: tuple[Biller, list[str]],
) -> None:
    biller, _ = enrolled
    biller.post("/people/1/second-factor", do="reset", proof=code(biller, 1))
    assert not is_inside(biller.site.client)
    other = another(biller.site)
    assert sign_in(other, STAFF, PASSWORD) == 303
    assert is_inside(other)
    biller.csrf = biller.site.log_in()
    biller.post("/people/1/second-factor", 422, do="nonsense", proof=PASSWORD)


def test_a_stolen_session_sets_up_no_other_app_and_draws_none(enrolled: tuple[Biller, list[str]]) -> None:
    biller, codes = enrolled
    kept = secret_of(biller)
    for given in (PASSWORD, codes[0], code(biller, 1)):
        assert "turn it off first" in biller.post(f"{HERE}/begin", 409, present=given)
    assert "turn it off first" in biller.post(HERE, 409, code=code(biller, 1))
    with biller.site.app.transaction() as session:
        session.scalars(select(StaffUser)).one().totp_pending = pyotp.random_base32()
    assert biller.site.client.get(f"/staff{HERE}/code.svg").content == b""
    assert secret_of(biller) == kept


def test_setting_it_up_needs_the_password_begins_anew_each_time_and_ends_other_sessions(
    biller: Biller,
) -> None:
    assert "enter your password" in biller.post(f"{HERE}/begin", 422)
    assert "is not right" in biller.post(f"{HERE}/begin", 422, present="wrong")
    assert secret_of(biller) == ""
    other = another(biller.site)
    sign_in(other, STAFF, PASSWORD)
    biller.post(f"{HERE}/begin", present=PASSWORD)
    first = secret_of(biller)
    biller.post(f"{HERE}/begin", present=PASSWORD)
    assert first != secret_of(biller)
    biller.post(HERE, code=code(biller))
    assert is_inside(biller.site.client)
    assert not is_inside(other)


def test_who_has_a_second_factor_proves_it_by_a_code_and_not_by_the_password(
    enrolled: tuple[Biller, list[str]],
) -> None:
    biller, codes = enrolled
    for given in (PASSWORD, "", code(biller)):
        biller.post("/people/1/link", 422, proof=given)
    assert "/staff/password/" in biller.post("/people/1/link", proof=codes[0])


def test_a_password_is_not_guessed_by_setting_it_up(biller: Biller) -> None:
    site = biller.site
    form = {"csrf": biller.csrf, "present": "wrong"}
    answers = [
        site.client.post(f"/staff{HERE}/begin", data=form, follow_redirects=False).status_code
        for _ in range(12)
    ]
    assert 429 in answers
    assert answers.count(422) <= 10
