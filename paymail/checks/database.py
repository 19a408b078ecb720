"""The database: reachable, at the newest schema, and keeping what it committed (docs/guarantee.md)."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail.checks import postgresql_health, sqlite_pages
from paymail.checks.findings import Finding, Subject, Verdict, failed, ok, warning
from paymail.db import schema

OLDEST_TRIED = 15
"""Major version of PostgreSQL that the tests run on."""
_UPGRADE = "run `paymail db upgrade`"


def database(subject: Subject) -> Iterator[Finding]:
    """Ask it what it is, how it keeps its word, and which schema it has."""
    app = subject.app
    url = make_url(app.settings.database)
    embedded = url.get_backend_name() == "sqlite"
    if embedded and not Path(url.database or "").is_file():
        # Connecting would make an empty one.
        yield failed("database", f"no database file at {url.database}", f"{_UPGRADE}, or start `paymail up`")
        return
    try:
        with app.reading() as session:
            yield from _sqlite(session) if embedded else _postgresql(session)
            yield from postgresql_health.findings(session) if not embedded else ()
        yield _schema(app.engine)
        if embedded:
            pages = sqlite_pages.finding(url.database or "")
            yield from (pages,) if pages.verdict is not Verdict.OK else ()
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0][:160]
        yield failed(
            "database",
            f"{url.render_as_string(hide_password=True)} is not responding: {why}",
            "start it, or correct PAYMAIL_DATABASE_URL",
        )


def _sqlite(session: Session) -> Iterator[Finding]:
    def pragma(name: str) -> str:
        return str(session.execute(text(f"PRAGMA {name}")).scalar())

    version = session.execute(text("SELECT sqlite_version()")).scalar()
    wrong = [
        f"{name} is {pragma(name)}"
        for name, wanted in (("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"))
        if pragma(name) != wanted
    ]
    if wrong:
        yield failed("database", f"SQLite {version}: {', '.join(wrong)}", "move the database to a local disk")
    else:
        yield ok("database", f"SQLite {version} in {_file(session)}, write-ahead log, every commit synced")


def _postgresql(session: Session) -> Iterator[Finding]:
    def show(name: str) -> str:
        return str(session.execute(text(f"SHOW {name}")).scalar())

    version = show("server_version")
    if session.execute(text("SELECT pg_is_in_recovery()")).scalar():
        yield failed(
            "database", "this database is a read-only replica", "set PAYMAIL_DATABASE_URL to the primary"
        )
        return
    lossy = [name for name in ("fsync", "synchronous_commit", "full_page_writes") if show(name) == "off"]
    if lossy:
        yield failed(
            "database",
            f"PostgreSQL {version} has {', '.join(lossy)} off: power loss may lose payments or resend emails",
            "turn it on in postgresql.conf",
        )
    elif int(show("server_version_num")) // 10000 < OLDEST_TRIED:
        yield warning(
            "database",
            f"PostgreSQL {version} is older than the tested versions",
            f"use {OLDEST_TRIED} or newer",
        )
    else:
        yield ok("database", f"PostgreSQL {version} at {_address(session)}, every commit synced")


def _file(session: Session) -> str:
    return str(session.get_bind().engine.url.database)


def _address(session: Session) -> str:
    url = session.get_bind().engine.url
    return f"{url.host or 'a socket'}/{url.database}"


def _schema(engine: Engine) -> Finding:
    if schema.is_current(engine):
        return ok("database", f"schema {schema.head()} is up to date")
    return failed("database", f"the schema is out of date: the latest is {schema.head()}", _UPGRADE)
