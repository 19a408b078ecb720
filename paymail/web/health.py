"""Whether the web answers, and whether it can serve; and where the bare address leads."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from paymail.db import schema
from paymail.db.schema import SchemaState
from paymail.errors import Unavailable
from paymail.web.http.dependencies import AppDep
from paymail.web.http.openapi import problems

router = APIRouter()


class DatabaseDown(Unavailable):
    """The database does not answer; a balancer should ask another host."""

    code = "database_unavailable"


class SchemaOutdated(Unavailable):
    """The database has not been upgraded to what this code needs."""

    code = "schema_outdated"


@router.get("/", include_in_schema=False)
def home() -> Response:
    """Lead to the staff pages."""
    return RedirectResponse("/staff/", 307)


@router.get("/healthz", tags=["health"])
def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz", tags=["health"], responses=problems(503))
def readyz(app: AppDep) -> dict[str, str]:
    """Say whether the database answers and has the tables that this release needs. A newer schema will do:
    while a release is rolled out, the one before goes on serving."""
    try:
        found = schema.state(app.engine)
    except SQLAlchemyError as error:
        raise DatabaseDown("the database is not responding") from error
    if found in (SchemaState.MISSING, SchemaState.OUTDATED):
        raise SchemaOutdated(f"the schema is {found}; run `paymail db upgrade`")
    return {"status": "ok"}
