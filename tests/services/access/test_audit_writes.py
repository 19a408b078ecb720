"""What counts as having written, for the audit log: rows that change, and statements that change rows."""

import pytest
from sqlalchemy import Engine, delete, text

from paymail import db
from paymail.models import StaffSession, StaffUser
from paymail.services.access import audit
from tests.factories import NOW


@pytest.fixture
def kim(engine: Engine) -> str:
    with db.transaction(engine) as session:
        session.add(StaffUser(email="kim@office.example", password_hash="x", created_at=NOW))
    return "kim@office.example"


def test_waiting_for_a_turn_and_setting_what_is_set_already_are_no_acts(engine: Engine, kim: str) -> None:
    with db.transaction(engine) as session:
        audit.watch(session, frozenset())
        session.execute(text("SELECT 1"))
        session.get_one(StaffUser, 1).email = kim
        assert audit.acts_of(session) is None


@pytest.mark.parametrize("how", ["a row", "a statement"])
def test_what_changes_rows_is(engine: Engine, kim: str, how: str) -> None:
    with db.transaction(engine) as session:
        audit.watch(session, frozenset())
        if how == "a row":
            session.get_one(StaffUser, 1).email = f"other-{kim}"
        else:
            session.execute(delete(StaffSession))
        assert audit.acts_of(session) == []
