"""What follows a commit follows it once, and only a commit of all that it is about."""

import logging

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from paymail import db


def noted(session: Session, acts: list[str], what: str) -> None:
    db.after_commit(session, lambda: acts.append(what))


def test_an_act_waits_for_the_commit_and_not_for_a_savepoint(engine: Engine) -> None:
    acts: list[str] = []
    with db.transaction(engine) as session:
        noted(session, acts, "before")
        with session.begin_nested():
            noted(session, acts, "inside")
        assert acts == []
    assert acts == ["before", "inside"]


def test_a_rollback_after_a_savepoint_was_released_leaves_nothing_to_do(engine: Engine) -> None:
    acts: list[str] = []

    def fails() -> None:
        with db.transaction(engine) as session:
            with session.begin_nested():
                noted(session, acts, "inside")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert acts == []


def test_a_savepoint_that_is_rolled_back_takes_its_acts_with_it(engine: Engine) -> None:
    acts: list[str] = []
    with db.transaction(engine) as session:
        outer = session.begin_nested()
        with session.begin_nested():
            noted(session, acts, "innermost, released")
        noted(session, acts, "inside")
        outer.rollback()
        noted(session, acts, "after it")
        session.execute(text("SELECT 1"))
    assert acts == ["after it"]


def test_an_act_that_fails_stops_neither_the_others_nor_the_caller(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    acts: list[str] = []
    with caplog.at_level(logging.ERROR), db.transaction(engine) as session:
        noted(session, acts, "first")
        db.after_commit(session, lambda: 1 // 0)
        noted(session, acts, "last")
    assert acts == ["first", "last"]
    assert "ZeroDivisionError" in caplog.text


def test_acts_belong_to_one_transaction(engine: Engine) -> None:
    acts: list[str] = []
    with db.transaction(engine) as session:
        noted(session, acts, "first")
    with db.transaction(engine) as session:
        noted(session, acts, "second")
    with Session(engine) as session:
        noted(session, acts, "never")
        session.rollback()
    assert acts == ["first", "second"]


def test_postgresql_compiles_no_statement_of_ours(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW jit")) == "off"
