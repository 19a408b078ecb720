"""Who is asking: the bearer key of the staff API (RFC 6750), its scope, and how often it may ask."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from paymail.services.access import api_keys
from paymail.services.access.api_keys import Holder, KeyRefused, KeyScope
from paymail.web.http.limiter import Limiter
from paymail.wiring import App

_BEARER = HTTPBearer(
    auto_error=False,
    bearerFormat="pm_{prefix}_{secret}",
    scheme_name="key",
    description="A key made by `paymail keys issue`. Each operation names the scope that it needs.",
)
Given = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


class Access:
    """Makes the dependency that every route of the API has."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._requests = Limiter(app.settings.api_rate_limit)
        self._wrong_keys = Limiter(app.settings.login_rate_limit)

    def needs(self, scope: KeyScope) -> Callable[[Request, Given], Holder]:
        """Return a dependency: the holder of a valid key with `scope`, or 401, 403, 429."""

        def holder(request: Request, given: Given) -> Holder:
            place = request.client.host if request.client else "unknown"
            self._requests.check(place)
            self._wrong_keys.check_spent(place)
            presented = given.credentials if given else ""
            try:
                with self._app.reading() as session:
                    return api_keys.check(session, presented=presented, scope=scope)
            except KeyRefused:
                if presented:  # who shows nothing guesses nothing
                    self._wrong_keys.check(place)
                raise

        return holder
