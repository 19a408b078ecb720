"""What this process measures, for Prometheus. No label names a customer, an invoice or an address.

Measuring is always on and costs microseconds; whether anybody can read it is decided by `publish`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class Meters:
    """The measured things of a process."""

    smtp: Histogram
    render: Histogram
    limits: Counter
    other_mode: Counter


@cache
def meters() -> Meters:
    """Return this process's meters, made at their first use."""
    return Meters(
        smtp=Histogram(
            "paymail_handover_seconds",
            "Seconds to hand one email to the mail server, by how it ended.",
            ("outcome",),
            buckets=_SECONDS,
        ),
        render=Histogram("paymail_render_seconds", "Seconds to render one email.", buckets=_SECONDS),
        limits=Counter("paymail_limits_hit_total", "Requests refused by a rate limit.", ("code",)),
        other_mode=Counter(
            "paymail_other_mode_events_total", "Stripe events of the other mode (live or test), ignored."
        ),
    )


@contextmanager
def timed_render() -> Iterator[None]:
    """Measure the rendering of one email, also one that fails."""
    started = monotonic()
    try:
        yield
    finally:
        meters().render.observe(monotonic() - started)


def publish(host: str, port: int, folder: Path, more: Collector) -> None:
    """Serve on `host` and `port` what this process and those that it starts measure, and what `more` finds.

    They share their counts by files in `folder`, which this process empties. Call it before the first
    measurement. Raises OSError when the port is taken or the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.glob("*.db"):
        old.unlink()
    os.environ[_FOLDER] = str(folder)
    values.ValueClass = values.get_value_class()
    registry = CollectorRegistry()
    registry.register(more)
    MultiProcessCollector(registry, str(folder))
    start_http_server(port, host, registry)
