"""The broker. Mail flows without it, seconds later; so its loss is a failure, but never an alarm at night."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from paymail.checks.findings import Finding, Subject, failed, ok, warning

_TIMEOUT = 3.0
_REMEDY = "start it, or correct PAYMAIL_BROKER_URL; until then, emails go out with the next sweep"


def broker(subject: Subject) -> Iterator[Finding]:
    """Reach it, and see that it forgets nothing."""
    url = subject.app.settings.broker_url
    if not url:
        yield _embedded(subject)
    elif urlsplit(url).scheme in ("redis", "rediss"):
        yield from _redis(url)
    else:
        yield _other(subject, url)


def _embedded(subject: Subject) -> Finding:
    folder = subject.app.settings.data_dir / "bus"
    if folder.is_dir() and os.access(folder, os.W_OK):
        return ok("broker", f"files in {folder}")
    return failed("broker", f"{folder} is not writable", "make PAYMAIL_DATA_DIR writable")


def _redis(url: str) -> Iterator[Finding]:
    client = Redis.from_url(
        url,
        socket_connect_timeout=_TIMEOUT,
        socket_timeout=_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    )
    try:
        yield from _policy(client)
    except (RedisError, OSError) as error:
        yield failed("broker", f"Redis at {place(url)} is not responding: {type(error).__name__}", _REMEDY)
    finally:
        client.close()


def _policy(client: "Redis") -> Iterator[Finding]:
    client.ping()
    try:
        policy = dict(client.config_get("maxmemory-policy")).get("maxmemory-policy", "unknown")
    except ResponseError:
        yield ok("broker", "Redis is responding; its maxmemory-policy cannot be read")
        return
    if policy == "noeviction":
        yield ok("broker", "Redis is responding, maxmemory-policy noeviction")
    else:
        yield warning(
            "broker",
            f"Redis is responding, but maxmemory-policy {policy} can lose queued work",
            "set it to noeviction",
        )


def _other(subject: Subject, url: str) -> Finding:
    try:
        with subject.app.celery.connection_for_write(connect_timeout=_TIMEOUT) as connection:
            connection.connect()
    except Exception as error:  # each transport of kombu has exceptions of its own
        return failed("broker", f"{place(url)} is not responding: {type(error).__name__}", _REMEDY)
    return ok("broker", f"{urlsplit(url).scheme} is responding")


def place(url: str) -> str:
    """Return host and port of an address, without what it may hold of a login."""
    return urlsplit(url).netloc.rpartition("@")[2]
