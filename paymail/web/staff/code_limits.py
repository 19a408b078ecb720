"""How often a code of the second factor may be tried by who is signed in: a thief of a session guesses."""

from fastapi import Request

from paymail.web.http.limiter import address_of
from paymail.web.http.login_limits import LoginAttempt
from paymail.web.http.rate_limits import rate_limits
from paymail.web.staff.session import Visiting


def limit_codes(request: Request, visitor: Visiting) -> None:
    """Count a try against the account, with those of signing in. Raises RateLimited."""
    attempt = LoginAttempt.of(f"code {visitor.email}", address_of(request))
    rate_limits(request).logins.count_failure(attempt)
