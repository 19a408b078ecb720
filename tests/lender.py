"""Empty databases, one after the other: emptying one is several times quicker than making the next."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from tests.postgres import Cluster

# Without triggers, so that no order of the tables matters. What was never written is left alone.
EMPTY = """
SET session_replication_role = replica;
DO $$
DECLARE
    name text;
    written boolean;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO written;
        IF written THEN
            EXECUTE format('DELETE FROM %I', name);
        END IF;
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL
    LOOP
        PERFORM setval(name::regclass, 1, false);
    END LOOP;
END $$
"""
STRANGERS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
PATIENCE = 0.5
"""Seconds within which a connection that was closed is gone."""
SHAPE = """
SELECT md5(string_agg(thing, ',' ORDER BY thing)) FROM (
    SELECT 'column ' || attrelid::regclass || '.' || attname || atttypid || attnotnull AS thing
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'constraint ' || conname || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'version ' || version_num FROM alembic_version
    UNION ALL SELECT 'setting ' || unnest(setconfig) FROM pg_db_role_setting
) AS things
"""


Connection = psycopg.Connection[tuple[object, ...]]


class Lender:
    """Lends a database like `template` and empties it afterwards; one that was changed is not lent again."""

    def __init__(self, cluster: Cluster, template: str) -> None:
        self._cluster = cluster
        self._template = template
        self._ready: tuple[str, Connection] | None = None
        """An empty one, and a connection that stays open: each new one reads the catalogue anew."""
        self._shape = ""

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Yield the address of an empty database."""
        if self._ready is None:
            url = self._cluster.create(f"t{time.time_ns()}", template=self._template)
            watch: Connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
            self._shape = self._read_shape(watch)
        else:
            (url, watch), self._ready = self._ready, None
        yield url
        if self._emptied(watch):
            self._ready = url, watch
        else:
            watch.close()
            self._cluster.drop(url.rpartition("/")[2])

    def close(self) -> None:
        """Let the last one go."""
        if self._ready is not None:
            self._ready[1].close()

    def _emptied(self, watch: Connection) -> bool:
        if self._ready is not None:  # a test borrowed two
            return False
        with suppress(psycopg.OperationalError):
            # Who is still there may come back, and write into what the next test takes for empty.
            if _alone(watch) and self._read_shape(watch) == self._shape:
                watch.execute(EMPTY)
                return True
        return False

    def _read_shape(self, connection: Connection) -> str:
        found = connection.execute(SHAPE).fetchone()
        return str(found and found[0])


def _alone(watch: Connection) -> bool:
    ends = time.monotonic() + PATIENCE
    while watch.execute(STRANGERS).fetchone() != (0,):
        if time.monotonic() > ends:
            return False
        time.sleep(0.005)
    return True
