"""How often may somebody ask? Counts of requests, in this process or shared by all through Redis."""

import hashlib
import math
import time
from collections.abc import Callable
from typing import TypeVar

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from paymail.clock import utc_now

T = TypeVar("T")

REDIS = ("redis://", "rediss://")
REDIS_TIMEOUT = 0.25
"""Seconds for one answer of Redis: a customer is waiting."""
AWAY = 15.0
"""Seconds for which a Redis that failed is not asked again."""


class RequestCounter:
    """Moving windows by key. With a Redis its counts are shared between processes and hosts.

    When Redis fails it counts in this process: a payment must not be refused because Redis is away.
    """

    def __init__(self, broker_url: str = "", *, timeout: float = REDIS_TIMEOUT, away: float = AWAY) -> None:
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = _shared(broker_url, timeout)
        self._away = away
        self._away_until = 0.0

    def hit(self, rate: RateLimitItem, *key: str) -> bool:
        """Count a request; False, and not counted, when the window is full."""
        return self._ask(lambda counts: counts.hit(rate, *key))

    def test(self, rate: RateLimitItem, *key: str) -> bool:
        """Whether another request would be let through."""
        return self._ask(lambda counts: counts.test(rate, *key))

    def clear(self, rate: RateLimitItem, *key: str) -> None:
        """Forget what was counted under a key."""
        self._ask(lambda counts: counts.clear(rate, *key))

    def _ask(self, question: Callable[[MovingWindowRateLimiter], T]) -> T:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return question(self._shared)
            except StorageError:
                self._away_until = time.monotonic() + self._away
        return question(self._own)

    def wait(self, rate: RateLimitItem, *key: str) -> int:
        """Return after how many whole seconds the window has room again; at least 1."""
        reset = float(utc_now().timestamp() + rate.get_expiry())
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                reset = self._shared.get_window_stats(rate, *key).reset_time
            except StorageError:
                self._away_until = time.monotonic() + self._away
        else:
            reset = self._own.get_window_stats(rate, *key).reset_time
        return min(max(math.ceil(reset - utc_now().timestamp()), 1), rate.get_expiry())


def _shared(broker_url: str, timeout: float) -> MovingWindowRateLimiter | None:
    if not broker_url.startswith(REDIS):
        return None
    storage = RedisStorage(
        broker_url,
        key_prefix="paymail:limits",
        wrap_exceptions=True,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
    )
    return MovingWindowRateLimiter(storage)


def rate_of(text: str) -> RateLimitItem:
    """Read `60/minute`. Raises ValueError."""
    return parse(text)


def digest(token: str) -> str:
    """Return what stands for a token in a key: tokens are kept nowhere but in their row."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:32]
