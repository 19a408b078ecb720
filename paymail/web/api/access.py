"""Who is asking: the bearer key of the staff API (RFC 6750), its scope, and how often it may ask."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from paymail import observability
from paymail.services.access import api_keys
from paymail.services.access.api_keys import Holder, KeyRefused, KeyScope
from paymail.web.http.dependencies import AppDep
from paymail.web.http.limiter import address_of
from paymail.web.http.rate_limits import rate_limits

log = observability.logger(__name__)

_BEARER = HTTPBearer(
    auto_error=False,
    bearerFormat="pm_{prefix}_{secret}",
    scheme_name="key",
    description="A key made by `paymail keys issue`. Each operation names the scope that it needs.",
)
Given = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def needs(scope: KeyScope) -> Callable[[Request, AppDep, Given], Holder]:
    """Return a dependency: the holder of a valid key with `scope`, or 401, 403, 429."""

    def holder(request: Request, app: AppDep, given: Given) -> Holder:
        limits, address = rate_limits(request), address_of(request)
        limits.api_requests.check(address)
        limits.wrong_keys.check_spent(address)
        presented = given.credentials if given else ""
        try:
            with app.reading() as session:
                return api_keys.check(session, presented=presented, scope=scope)
        except KeyRefused:
            if presented:  # who shows nothing guesses nothing
                log.warning("API key refused", key=api_keys.prefix_of(presented), address=address)
                limits.wrong_keys.check(address)
            raise

    return holder


Reader = Annotated[Holder, Depends(needs(KeyScope.READ))]
Writer = Annotated[Holder, Depends(needs(KeyScope.WRITE))]
BouncePoster = Annotated[Holder, Depends(needs(KeyScope.BOUNCES))]
