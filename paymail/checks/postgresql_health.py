"""What makes a PostgreSQL database fail later: broken indexes, worn-out transaction ids, lost replicas.

Sources: PostgreSQL docs, "Preventing Transaction ID Wraparound Failures" and "synchronous_standby_names".
"""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from paymail.checks.findings import Finding, failed, warning

WORN = 1_000_000_000
"""Age in transactions at which autovacuum clearly does not keep up; writes stop near two billion."""


def findings(session: Session, *, worn: int = WORN) -> Iterator[Finding]:
    """Read the catalogue: no table of ours is touched."""
    yield from _indexes(session)
    yield from _age(session, worn)
    yield from _replicas(session)


def _indexes(session: Session) -> Iterator[Finding]:
    broken = session.scalars(
        text(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
            " WHERE NOT (i.indisvalid AND i.indisready) AND c.relnamespace = current_schema()::regnamespace"
            " ORDER BY c.relname LIMIT 5"
        )
    ).all()
    if broken:
        remedy = f"run REINDEX INDEX CONCURRENTLY {broken[0]}"
        yield failed("database", f"broken indexes: {', '.join(broken)}", remedy)


def _age(session: Session, worn: int) -> Iterator[Finding]:
    age = session.scalar(text("SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()"))
    if age is not None and age > worn:
        yield warning(
            "database",
            f"autovacuum does not keep up: the oldest transaction id is {age // 1_000_000} million old",
            "run VACUUM FREEZE, and look for old prepared or open transactions",
        )


def _replicas(session: Session) -> Iterator[Finding]:
    def show(name: str) -> str:
        return str(session.execute(text(f"SHOW {name}")).scalar())

    if show("synchronous_standby_names") and show("synchronous_commit") == "local":
        yield warning(
            "database",
            "commits do not wait for the synchronous replicas: a failover may lose payments",
            "set synchronous_commit to on",
        )
