"""Whether a database's schema is older or newer than the code, and what a balancer is told about it."""

from sqlalchemy import text

from paymail.db import make_engine, schema
from paymail.db.schema import SchemaState
from tests.conftest import free_port
from tests.web.conftest import Site


def set_revision(site: Site, revision: str) -> None:
    with site.app.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_a_database_without_tables_misses_its_schema_until_it_is_upgraded(tmp_path: object) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/empty.db")
    assert schema.state(engine) is SchemaState.MISSING
    schema.upgrade(engine)
    assert schema.state(engine) is SchemaState.CURRENT
    engine.dispose()


def test_an_older_schema_is_not_ready_and_a_newer_one_is(site: Site) -> None:
    assert site.client.get("/readyz").status_code == 200
    set_revision(site, "0005")
    assert schema.state(site.app.engine) is SchemaState.OUTDATED
    answer = site.client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "schema_outdated")
    assert int(answer.headers["retry-after"]) > 0
    set_revision(site, "9999")
    assert schema.state(site.app.engine) is SchemaState.NEWER
    assert site.client.get("/readyz").status_code == 200
    set_revision(site, schema.head())


def test_a_server_that_is_away_is_not_ready(site: Site) -> None:
    away = make_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    site.app.engine.dispose()
    object.__setattr__(site.app, "engine", away)
    answer = site.client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
