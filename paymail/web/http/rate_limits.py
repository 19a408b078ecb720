"""The rate limits of one application, and the dependencies by which routes have them checked.

They are kept on `app.state`: two applications in one process count for themselves.
"""

from collections.abc import Callable
from threading import BoundedSemaphore

from fastapi import Request

from paymail.settings import Settings
from paymail.web.http.bounded_threads import BoundedThreads
from paymail.web.http.limiter import Limiter, address_of
from paymail.web.http.login_limits import LoginLimits
from paymail.web.http.public_limits import PublicLimits


class RateLimits:
    """Every limit of an application, by its settings; the counts begin at none."""

    def __init__(self, settings: Settings) -> None:
        self.public = PublicLimits(settings)
        self.api_requests = Limiter(settings.api_rate_limit)
        self.wrong_keys = Limiter(settings.login_rate_limit)
        self.logins = LoginLimits(settings)
        # A hash takes 64 MiB and a tenth of a second of one core; Redis may keep its callers waiting.
        refusal = "too many people are signing in right now"
        self.hashing = BoundedThreads("logins", at_once=2, waiting=8, refusal=refusal)
        self.counting = BoundedThreads("login-counts", at_once=2, waiting=100, refusal=refusal)
        self.importing = BoundedSemaphore(2)
        """Imports write one after the other; each keeps a file on the disk and a thread meanwhile."""
        self.test_mails = Limiter("5/minute")
        self.test_mailing = BoundedSemaphore(1)
        """A mail server may take minutes, and threads that wait for it serve nobody."""
        self.lookups = Limiter("6/minute")
        """What staff have asked of DNS and Stripe."""
        self.previews = Limiter("60/minute")
        self.writing = BoundedThreads(
            "api-writes", at_once=4, waiting=60, refusal="too many invoices or customers are being written"
        )
        """Requests that write one after the other: who waits for a turn has a connection meanwhile, and pay
        pages and webhooks need those too."""


def rate_limits(request: Request) -> RateLimits:
    """Return the limits of the application that a request is for."""
    limits: RateLimits = request.app.state.rate_limits
    return limits


def limit_public(request: Request) -> None:
    """Count a request to a public route. Raises RateLimited."""
    rate_limits(request).public.every(request)


def limit_emails(request: Request) -> None:
    """Count a public request that leads to an email. Raises RateLimited."""
    rate_limits(request).public.asking(request)


def limit_payments(step: str) -> Callable[[Request], None]:
    """Return the dependency that counts a step of paying, such as `create`; it raises RateLimited."""

    def check(request: Request) -> None:
        rate_limits(request).public.paying(request, step)

    return check


async def limit_logins(request: Request) -> None:
    """Count a try to log in against its address. Raises RateLimited."""
    limits, address = rate_limits(request), address_of(request)
    await limits.counting.run(lambda: limits.logins.count_address(address))
