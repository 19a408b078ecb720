"""Counting requests, and refusing what is too many."""

from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import NoReturn

from fastapi import Request

from paymail.errors import TooMany
from paymail.web.http.request_counts import RequestCounter, rate_of


class RateLimited(TooMany):
    """Too many requests from one place; try again in a minute."""

    code = "rate_limited"


class Limiter:
    """A moving window per key, in this process's memory."""

    def __init__(self, rate: str) -> None:
        self._rate = rate_of(rate)
        self._tally = RequestCounter()

    def check(self, *key: str) -> None:
        """Count one request. Raises RateLimited."""
        if not self._tally.hit(self._rate, *key):
            self._refuse(key)

    def check_spent(self, *key: str) -> None:
        """Count nothing. Raises RateLimited when there is none left."""
        if not self._tally.test(self._rate, *key):
            self._refuse(key)

    def _refuse(self, key: tuple[str, ...]) -> NoReturn:
        text = "too many requests; please wait a minute and try again"
        raise RateLimited(text, self._tally.wait(self._rate, *key))


def address_of(request: Request) -> str:
    """Return the network address that a request came from, an IPv6 one as its /64.

    A household or a rented machine has a whole /64, so each address in it would be a fresh start.
    """
    host = request.client.host if request.client else "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address.packed[:8] + bytes(8), 64)))
