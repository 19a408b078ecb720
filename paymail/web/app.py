"""The ASGI application."""

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from paymail.errors import Unavailable
from paymail.web import api as staff_api
from paymail.web import staff, webhooks
from paymail.web.http import errors, headers
from paymail.web.http.bodies import SmallBodies
from paymail.web.http.openapi import describe_problems, problems
from paymail.web.http.public_limits import PublicLimits
from paymail.web.pay import api as public
from paymail.web.pay import documents, pages, promises
from paymail.web.staff import NotLoggedIn
from paymail.web.templating import HERE
from paymail.wiring import App


class DatabaseDown(Unavailable):
    """The database does not answer; a balancer should ask another host."""

    code = "database_unavailable"


def create_app(app: App) -> FastAPI:
    """Return the web application over a wired App."""
    api = FastAPI(
        title="paymail",
        description="Pay links, and the staff API. Money is in major units unless a field says otherwise.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    api.add_middleware(SmallBodies)
    api.middleware("http")(headers.headers(app.settings))
    errors.install(api)

    @api.exception_handler(NotLoggedIn)
    def to_login(_request: Request, _error: NotLoggedIn) -> Response:
        return RedirectResponse("/staff/login", 303)

    limits = PublicLimits(app.settings)
    api.include_router(public.router(app, limits))
    api.include_router(documents.router(app, limits))
    api.include_router(promises.router(app, limits))
    api.include_router(webhooks.router(app))
    api.include_router(pages.router(app, limits))
    api.include_router(staff_api.router(app))
    api.include_router(staff.router(app))
    api.mount("/static", StaticFiles(directory=HERE / "static"))

    @api.get("/", include_in_schema=False)
    def home() -> Response:
        return RedirectResponse("/staff/", 307)

    @api.get("/healthz", tags=["health"])
    def healthz() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @api.get("/readyz", tags=["health"], responses=problems(503))
    def readyz() -> dict[str, str]:
        """Say whether the database answers."""
        try:
            with app.reading() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise DatabaseDown("the database does not answer") from error
        return {"status": "ok"}

    describe_problems(api)
    return api
