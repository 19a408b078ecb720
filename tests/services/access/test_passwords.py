"""Passwords of staff: what guessing one costs, and which may be set."""

import unicodedata

import pytest
from sqlalchemy import Engine, select, update

from paymail import db
from paymail.models import StaffUser
from paymail.services.access.logins import LoginContext, LoginRefused
from paymail.services.access.password_hasher import PasswordHasher
from paymail.services.access.password_rules import WeakPassword, check_password
from paymail.services.access.staff_passwords import set_password
from paymail.services.core.issuers import ensure_issuer
from tests.factories import NOW
from tests.hashers import quick_hasher
from tests.services.access.signing_in import EMAIL, login_context, sign_in

FAMILIAR = ("amy@southern-it.example", "Southern IT Services Pty Ltd")


@pytest.fixture
def context(engine: Engine) -> LoginContext:
    return login_context(engine)


def test_a_password_costs_what_the_rfc_recommends_and_so_does_one_of_nobody() -> None:
    # RFC 9106, section 4: Argon2id with 64 MiB, three passes and four lanes where memory is constrained.
    cost = "$argon2id$v=19$m=65536,t=3,p=4$"
    hasher = PasswordHasher()
    assert hasher.hash("correct horse battery staple").startswith(cost)
    assert hasher._nobody.startswith(cost)
    assert hasher.matches("any password at all", None) is False


@pytest.mark.parametrize(
    "password",
    [
        "short of it",
        "x" * 257,
        "passwordpassword",
        "Password1234",
        "123456789012",
        "qwertyuiop12",
        "aaaaaaaaaaaa",
        "iloveyou1234",
        "letmeinletmein",
        "manchesterunited",
        "Paymail2026!",
        "paymailpaymail",
        "southernitservices",
        "Southern-IT-2026",
        "amy@southern-it.example",
        "staff\ud800\ud800 of no encoding",
    ],
)
def test_what_is_short_common_or_familiar_is_refused_with_a_reason(password: str) -> None:
    with pytest.raises(WeakPassword, match=r"12 to 256|common|mostly|valid text"):
        check_password(password, familiar=FAMILIAR)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "winter is coming",
        "korrekt häst batteri häftklammer",
        "正しい馬の電池とホチキスの針です",
        "KbX3-PiGu_1Q",
        "paymail of seven blue umbrellas",
        "x9 " * 3 + "seven blue umbrellas" * 12,
    ],
)
def test_any_characters_will_do(password: str) -> None:
    check_password(password, familiar=FAMILIAR)


def test_a_password_may_be_typed_with_composed_or_combining_letters(context: LoginContext) -> None:
    password = "häst batteri häftklammer"
    combining = unicodedata.normalize("NFD", password)
    assert combining != password
    set_password(context, email=EMAIL, password=combining)
    for typed in (password, combining):
        assert sign_in(context, typed)


@pytest.mark.parametrize("before", ["short", unicodedata.normalize("NFD", "häst")])
def test_passwords_from_before_these_rules_still_work(
    engine: Engine, context: LoginContext, before: str
) -> None:
    set_password(context, email=EMAIL, password="correct horse battery staple")
    kept = quick_hasher()._hashes.hash(before)
    with db.transaction(engine) as session:
        session.execute(update(StaffUser).values(password_hash=kept))
    assert sign_in(context, before)


def test_a_refused_password_changes_nothing(engine: Engine, context: LoginContext) -> None:
    with db.transaction(engine) as session:
        ensure_issuer(session, name="Harbour Lights", email="a@b.example", now=NOW)
    set_password(context, email=EMAIL, password="correct horse battery staple")
    for weak in ("too short", "harbour-lights 2026"):
        with pytest.raises(WeakPassword):
            set_password(context, email=EMAIL, password=weak)
        with pytest.raises(LoginRefused):
            sign_in(context, weak)
    assert sign_in(context, "correct horse battery staple")


def test_a_new_staff_user_needs_a_good_password_too(engine: Engine, context: LoginContext) -> None:
    with pytest.raises(WeakPassword):
        set_password(context, email=EMAIL, password="too short")
    with db.reading(engine) as session:
        assert session.scalars(select(StaffUser)).all() == []
