"""Rate limits of staff logins: per address, per account, and of all together.

A stranger must not lock staff out by failing in their name. So for 30 days after somebody has signed in to an
account from an address, attempts from there are counted apart from all others.
"""

from dataclasses import dataclass
from typing import NoReturn

from limits import RateLimitItem

from paymail import observability
from paymail.settings import Settings
from paymail.web.http.limiter import RateLimited
from paymail.web.http.request_counts import RequestCounter, digest, rate_of

log = observability.logger(__name__)

_KNOWN = rate_of("1/30days")
_TOLD = rate_of("1/minute")


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """Who tries to sign in: the account as the digest of its email, and the network address."""

    account: str
    address: str

    @classmethod
    def of(cls, email: str, address: str) -> "LoginAttempt":
        """Return the attempt for an email, in lower case already."""
        return cls(digest(email), address)


class LoginLimits:
    """What a login is checked against; with a Redis broker, by counts that all web processes share."""

    def __init__(self, settings: Settings, counter: RequestCounter | None = None) -> None:
        self._counter = counter or RequestCounter(settings.broker_url)
        self._told = RequestCounter()
        self._address = rate_of(settings.login_rate_limit)
        self._account = rate_of(settings.login_account_rate_limit)
        self._all = rate_of(settings.login_total_rate_limit)

    def count_address(self, address: str) -> None:
        """Count an attempt against its address. Raises RateLimited."""
        if not self._counter.hit(self._address, "login-address", address):
            self._refuse("address", LoginAttempt("", address), self._address, "login-address", address)

    def count_all(self, attempt: LoginAttempt) -> None:
        """Count an attempt against all together, unless its address is known. Raises RateLimited."""
        if not self._is_known(attempt) and not self._counter.hit(self._all, "login-all"):
            self._refuse("total", attempt, self._all, "login-all")

    def count_failure(self, attempt: LoginAttempt) -> None:
        """Count an attempt against its account until `remember` takes it back. Raises RateLimited.

        It is counted before its password is checked: of many at once, none slips through.
        """
        key = self._account_key(attempt)
        if not self._counter.hit(self._account, *key):
            self._refuse("account", attempt, self._account, *key)

    def remember(self, attempt: LoginAttempt) -> None:
        """Note that an attempt was right: forget the failures, and know the address from now on."""
        self._counter.clear(self._account, *self._account_key(attempt))
        known = ("login-known", attempt.account, attempt.address)
        self._counter.clear(_KNOWN, *known)
        self._counter.hit(_KNOWN, *known)

    def report(self, reason: str, attempt: LoginAttempt) -> None:
        """Log that logins are turned away without a look at the password: once a minute for each reason."""
        if self._told.hit(_TOLD, reason):
            log.warning(
                "logins turned away", reason=reason, account=attempt.account[:12], address=attempt.address
            )

    def _is_known(self, attempt: LoginAttempt) -> bool:
        return not self._counter.test(_KNOWN, "login-known", attempt.account, attempt.address)

    def _account_key(self, attempt: LoginAttempt) -> tuple[str, ...]:
        key = ("login-account", attempt.account)
        return (*key, attempt.address) if self._is_known(attempt) else key

    def _refuse(self, reason: str, attempt: LoginAttempt, rate: RateLimitItem, *key: str) -> NoReturn:
        self.report(reason, attempt)
        text = "too many attempts to sign in; please wait and try again"
        raise RateLimited(text, self._counter.wait(rate, *key))
