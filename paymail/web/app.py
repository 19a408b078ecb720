"""The ASGI application."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from paymail.settings import Settings
from paymail.web import api as staff_api
from paymail.web import health, staff, webhooks
from paymail.web.api.access import without_key
from paymail.web.api.bounces import LARGEST_REPORT
from paymail.web.http import errors, import_faults
from paymail.web.http.bodies import BoundedBodies
from paymail.web.http.head import HeadAsGet
from paymail.web.http.headers import FixedHeaders, fixed_headers
from paymail.web.http.openapi import describe_problems
from paymail.web.http.rate_limits import RateLimits
from paymail.web.http.refusals import EarlyRefusals
from paymail.web.http.request_ids import RequestIds
from paymail.web.http.request_spans import RequestSpans
from paymail.web.pay import (
    another_way,
    brand,
    brand_colours,
    copies,
    documents,
    invoice_paper,
    objections,
    pages,
    previews,
    promises,
    saved_methods,
    verify,
)
from paymail.web.pay import api as public_api
from paymail.web.staff.admission import EnrolFirst
from paymail.web.staff.session import NotLoggedIn, to_enrolment, to_login, without_session
from paymail.web.staff.shell import NavCounts
from paymail.web.templating import HERE
from paymail.web.webhooks import LARGEST_EVENT
from paymail.wiring import App

BODY_LIMITS = {
    "/webhooks/stripe": LARGEST_EVENT,
    "/api/v1/bounces": LARGEST_REPORT,
}
"""Bytes, of the paths whose bodies are neither forms nor our own JSON."""
AROUND_A_FILE = 64 * 1024
"""Bytes of a form with a file, beside the file."""


def body_limits(settings: Settings) -> dict[str, int]:
    """Return the limits with those of imports: 64 MB are some 300,000 rows, in our container in memory."""
    largest = settings.import_megabytes << 20
    return BODY_LIMITS | {"/api/v1/imports": largest, "/staff/imports": largest + AROUND_A_FILE}


def create_app(app: App) -> FastAPI:
    """Return the web application over a wired App."""
    web = FastAPI(
        title="paymail",
        description="Pay links, and the staff API. Money is in major units unless a field says otherwise.",
        version="1",
        docs_url=None,
        redoc_url=None,
        # FastAPI would put whole paths, and so pay tokens, into spans for any collector in the environment.
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    web.state.paymail = app
    web.state.rate_limits = RateLimits(app.settings)
    web.state.nav_counts = NavCounts()
    web.state.headers = fixed_headers(app.settings)
    # The staff pages show it, and do not know the customers' pages.
    web.state.pay_page = previews.preview
    # The one added last is asked first.
    web.add_middleware(HeadAsGet)
    web.add_middleware(BoundedBodies, limits=body_limits(app.settings), seconds=app.settings.body_seconds)
    web.add_middleware(EarlyRefusals, checks=(without_key, without_session))
    web.add_middleware(FixedHeaders, headers=web.state.headers)
    web.add_middleware(RequestSpans)
    web.add_middleware(RequestIds)
    errors.install(web)
    import_faults.install(web)
    web.add_exception_handler(NotLoggedIn, to_login)
    web.add_exception_handler(EnrolFirst, to_enrolment)
    brands = brand, brand_colours
    talks = promises, objections, copies, another_way, saved_methods, invoice_paper
    public = (public_api, *brands, documents, *talks, verify, webhooks, pages)
    for part in (*public, staff_api, staff):
        web.include_router(part.router)
    web.mount("/static", StaticFiles(directory=HERE / "static"))
    web.include_router(health.router)
    describe_problems(web)
    return web
