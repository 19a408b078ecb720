"""Rate limits of the public routes: per address, per link, and of all together."""

from fastapi import Request
from limits import RateLimitItem

from paymail.settings import Settings
from paymail.web.http.limiter import RateLimited, address_of
from paymail.web.http.request_counts import RequestCounter, digest, rate_of

Count = tuple[RateLimitItem, *tuple[str, ...]]


class PublicLimits:
    """What public routes check. A link is told by the digest of its token, known or not, so
    that who is turned away learns nothing about it."""

    def __init__(self, settings: Settings, tally: RequestCounter | None = None) -> None:
        self._tally = tally or RequestCounter(settings.broker_url)
        self._address = rate_of(settings.pay_rate_limit)
        self._link = rate_of(settings.pay_link_rate_limit)
        self._all = rate_of(settings.pay_total_rate_limit)
        self._paying = rate_of(settings.pay_start_rate_limit)
        self._asking = rate_of(settings.pay_ask_rate_limit)
        self._asking_all = rate_of(settings.pay_ask_total_rate_limit)

    def every(self, request: Request) -> None:
        """Count a request of any kind. Raises RateLimited."""
        # All together last: what an address or a link has no right to does not use up the others' share.
        self._count(
            (self._address, "address", address_of(request)),
            *_of_link(request, self._link, "link"),
            (self._all, "all"),
        )

    def paying(self, request: Request, step: str) -> None:
        """Count a step of paying, such as `create`: a few times a minute per link. Raises RateLimited."""
        # Who opens the page must not use up the tries of who is paying.
        looking = step == "confirm" and "look" in request.query_params
        self._count(*_of_link(request, self._paying, "look" if looking else step))

    def asking(self, request: Request) -> None:
        """Count a request that leads to an email: per address, per link and of all. Raises RateLimited."""
        self._count(
            (self._asking, "asking-address", address_of(request)),
            *_of_link(request, self._asking, "asking-link"),
            (self._asking_all, "asking-all"),
        )

    def verifying(self, request: Request, code: str) -> None:
        """Count a try to verify a paper: a few a minute per address and per code. Raises RateLimited."""
        self._count(
            (self._paying, "verify-address", address_of(request)),
            (self._paying, "verify-code", digest(code)),
        )

    def looking_up(self, request: Request) -> None:
        """Refuse an address that asked for too much that is not there. Counts nothing. Raises RateLimited."""
        key = ("missed", address_of(request))
        if not self._tally.test(self._address, *key):
            raise RateLimited(
                "too many requests; please wait and try again", self._tally.wait(self._address, *key)
            )

    def missed(self, request: Request) -> None:
        """Count what an address asked for and is not there. Raises RateLimited."""
        self._count((self._address, "missed", address_of(request)))

    def _count(self, *counts: Count) -> None:
        for rate, *key in counts:
            if not self._tally.hit(rate, *key):
                raise RateLimited(
                    "too many requests; please wait and try again", self._tally.wait(rate, *key)
                )


def _of_link(request: Request, rate: RateLimitItem, name: str) -> list[Count]:
    """Return the count of a link, where the path has one: else all visitors would share a single one."""
    token = request.path_params.get("token")
    return [] if token is None else [(rate, name, digest(str(token)))]
