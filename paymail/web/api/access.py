"""Who is asking: the bearer key of the staff API (RFC 6750), its scope, and how often it may ask."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from paymail import observability
from paymail.errors import PaymailError
from paymail.services.access import api_keys
from paymail.services.access.api_keys import KEY_REQUIRED, Holder, KeyRefused, KeyScope, ScopeMissing
from paymail.services.access.visible import Scope
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import STAFF_API, answer_to
from paymail.web.http.known_inputs import refuse_unknown
from paymail.web.http.limiter import address_of
from paymail.web.http.rate_limits import rate_limits

log = observability.logger(__name__)

_BEARER = HTTPBearer(
    auto_error=False,
    bearerFormat="pm_{prefix}_{secret}",
    scheme_name="key",
    description="A key made by `paymail keys issue`. Each operation names the scope that it needs.",
)
OF_ALL_ISSUERS = frozenset(
    f"/api/v1/{path}"
    for path in (
        *("suppressions", "suppressions/lift", "reconciliation"),
        *("events", "events/{event_id}", "events/{event_id}/reprocess"),
    )
)
"""What belongs to the whole installation: a key of one issuer may not ask for it."""
Given = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def needs(scope: KeyScope) -> Callable[..., Awaitable[Holder]]:
    """Return a dependency: the holder of a valid key with `scope`, or 401, 403, 429.

    Whoever has one is then told of names that the route does not know, by 422.
    """

    def holder(request: Request, app: AppDep, given: Given) -> Holder:
        limits, address = rate_limits(request), address_of(request)
        limits.api_requests.check(address)
        limits.wrong_keys.check_spent(address)
        presented = given.credentials if given else ""
        try:
            with app.reading() as session:
                found = api_keys.check(session, presented=presented, scope=scope)
        except KeyRefused:
            if presented:  # who shows nothing guesses nothing
                log.warning("API key refused", key=api_keys.prefix_of(presented), address=address)
                limits.wrong_keys.check(address)
            raise
        if found.issuer_id is not None:
            if route_of(request) in OF_ALL_ISSUERS:
                raise ScopeMissing("this key is of one issuer, and this concerns all of them")
            app.asking.scope = Scope(frozenset({found.issuer_id}), found.actor)
        return found

    async def strict(request: Request, found: Annotated[Holder, Depends(holder)]) -> Holder:
        await refuse_unknown(request)
        return found

    return strict


def route_of(request: Request) -> str:
    """Return the pattern of the route that a request reached."""
    return str(getattr(request.scope.get("route"), "path", ""))


def without_key(request: Request) -> Response | None:
    """Refuse, by its head alone, a request to the staff API that shows no key, or from an address that has
    asked too often; None lets it pass."""
    if not request.scope["path"].startswith(STAFF_API):
        return None
    limits, address = rate_limits(request), address_of(request)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    try:
        limits.wrong_keys.check_spent(address)
        if scheme.lower() == "bearer" and key.strip():
            limits.api_requests.check_spent(address)  # counted once, when the key is looked at
            return None
        limits.api_requests.check(address)
        raise KeyRefused(KEY_REQUIRED)
    except PaymailError as error:
        return answer_to(request, error)


Reader = Annotated[Holder, Depends(needs(KeyScope.READ))]
Writer = Annotated[Holder, Depends(needs(KeyScope.WRITE))]
BouncePoster = Annotated[Holder, Depends(needs(KeyScope.BOUNCES))]
