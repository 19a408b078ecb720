"""The ASGI application."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from paymail.web import api as staff_api
from paymail.web import health, staff, webhooks
from paymail.web.http import errors, headers
from paymail.web.http.bodies import SmallBodies
from paymail.web.http.openapi import describe_problems
from paymail.web.http.rate_limits import RateLimits
from paymail.web.http.request_ids import RequestIds
from paymail.web.pay import api as public_api
from paymail.web.pay import documents, pages, promises
from paymail.web.staff.session import NotLoggedIn, to_login
from paymail.web.templating import HERE
from paymail.wiring import App


def create_app(app: App) -> FastAPI:
    """Return the web application over a wired App."""
    web = FastAPI(
        title="paymail",
        description="Pay links, and the staff API. Money is in major units unless a field says otherwise.",
        version="1",
        docs_url=None,
        redoc_url=None,
    )
    web.state.paymail = app
    web.state.rate_limits = RateLimits(app.settings)
    web.add_middleware(SmallBodies)
    web.middleware("http")(headers.headers(app.settings))
    web.add_middleware(RequestIds)  # the last one added is the outermost
    errors.install(web)
    web.add_exception_handler(NotLoggedIn, to_login)
    for part in (public_api, documents, promises, webhooks, pages, staff_api, staff):
        web.include_router(part.router)
    web.mount("/static", StaticFiles(directory=HERE / "static"))
    web.include_router(health.router)
    describe_problems(web)
    return web
