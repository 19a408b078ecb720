"""A small HTTP client on the standard library, for webhooks and for the customer."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class WireError(Exception):
    """The other side could not be reached, or did not answer in HTTP."""


@dataclass(frozen=True)
class Reply:
    """Status and body of an answer."""

    status: int
    body: bytes


def post(url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Reply:
    """POST once, without proxies or redirects."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WireError(f"not an http address: {url}")
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname, parts.port, timeout=timeout)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body, dict(headers))
        response = connection.getresponse()
        return Reply(response.status, response.read())
    except (OSError, http.client.HTTPException) as error:
        raise WireError(f"{url}: {error}") from error
    finally:
        connection.close()
