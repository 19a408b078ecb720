"""Logging in: nothing is held while a password is checked, and only the password of now opens anything."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from paymail import db
from paymail.models import StaffSession, StaffUser
from paymail.services.access import staff
from paymail.services.access.logins import LoginRefused
from paymail.services.access.password_links import LinkOver, make_link, set_by_link
from paymail.services.access.staff_passwords import change_own, set_password
from tests.factories import NOW
from tests.hashers import WatchedHasher
from tests.services.access.signing_in import EMAIL, PASSWORD, login_context, sign_in

OTHER = "seven blue umbrellas in the rain"


def sessions(engine: Engine) -> int:
    with db.reading(engine) as session:
        return session.scalar(select(func.count()).select_from(StaffSession)) or 0


def test_a_login_opens_a_session_that_ends(engine: Engine) -> None:
    context = login_context(engine)
    set_password(context, email=EMAIL, password=PASSWORD)
    login = sign_in(context, email=f" {EMAIL.upper()} ")
    assert login.secret not in repr(login)
    with db.reading(engine) as session:
        assert staff.visitor(session, secret=login.secret, now=NOW) is not None
        assert staff.visitor(session, secret=login.secret, now=NOW + timedelta(hours=1)) is None


def test_no_transaction_is_open_while_a_password_is_checked(engine: Engine) -> None:
    set_password(login_context(engine), email=EMAIL, password=PASSWORD)

    def change() -> None:
        # A write lock held by the login would keep this waiting, on SQLite until it fails.
        with db.transaction(engine) as session:
            session.execute(update(StaffUser).values(created_at=NOW))
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]

    hasher = WatchedHasher(change)
    sign_in(login_context(engine, hasher))
    assert len(hasher.checked) == 1


def test_a_password_that_was_changed_meanwhile_opens_nothing(engine: Engine) -> None:
    context = login_context(engine)
    set_password(context, email=EMAIL, password=PASSWORD)
    hasher = WatchedHasher(lambda: set_password(context, email=EMAIL, password=OTHER))
    with pytest.raises(LoginRefused):
        sign_in(login_context(engine, hasher))
    assert sessions(engine) == 0
    assert sign_in(context, OTHER)


def test_a_user_who_was_disabled_meanwhile_gets_no_session(engine: Engine) -> None:
    set_password(login_context(engine), email=EMAIL, password=PASSWORD)

    def disable() -> None:
        with db.transaction(engine) as session:
            session.execute(update(StaffUser).values(disabled_at=NOW))

    with pytest.raises(LoginRefused):
        sign_in(login_context(engine, WatchedHasher(disable)))
    assert sessions(engine) == 0


def test_a_new_password_ends_the_sessions_of_the_old_one(engine: Engine) -> None:
    context = login_context(engine)
    set_password(context, email=EMAIL, password=PASSWORD)
    sign_in(context)
    set_password(context, email=EMAIL, password=OTHER)
    assert sessions(engine) == 0


@pytest.mark.parametrize("by", ["set", "own"])
def test_a_new_password_ends_the_links_by_which_another_could_be_set(engine: Engine, by: str) -> None:
    context = login_context(engine)
    set_password(context, email=EMAIL, password=PASSWORD)
    with db.transaction(engine) as session:
        secret = make_link(session, session.get_one(StaffUser, 1), actor="Ann", now=NOW)
    if by == "set":
        set_password(context, email=EMAIL, password=OTHER)
    else:
        change_own(context, user_id=1, present=PASSWORD, password=OTHER, session_secret="")
    with pytest.raises(LinkOver):
        set_by_link(context, secret=secret, password=PASSWORD)


def test_an_unknown_account_costs_a_check_as_a_known_one_does(engine: Engine) -> None:
    set_password(login_context(engine), email=EMAIL, password=PASSWORD)
    hasher = WatchedHasher()
    context = login_context(engine, hasher)
    for email in (EMAIL, "nobody@southern-it.example"):
        with pytest.raises(LoginRefused, match="incorrect email or password"):
            sign_in(context, OTHER, email)
    assert [kept is None for kept in hasher.checked] == [False, True]
