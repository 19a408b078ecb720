"""A host's PostgreSQL behind the port."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from paymail.host_database import updates
from paymail.host_database.columns import check_view
from paymail.host_database.connection import connected, parts_of, translated
from paymail.host_database.view import PostgresqlReading
from paymail.ports.host_database import Columns, HostReading, HostUnavailable, HostUpdate, HostViewUnusable

CHANNEL = "paymail_invoices"
"""Where a host that wants to be read at once notifies."""
SLICE = 1.0
"""Seconds of waiting after which a request to stop is seen."""


@dataclass(frozen=True, slots=True)
class HostConfig:
    """Where the host's database is, and by what it is told: `told_by` is nothing, table or function."""

    url: str = field(repr=False)
    view: str
    told_by: str
    told_name: str
    timeout: int
    """Seconds for one query."""


class PostgresqlHost:
    """Connects for each reading and each telling, and holds nothing in between."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        parts = parts_of(config.url)
        where = f"{parts.get('host', 'localhost')}:{parts.get('port', '5432')}/{parts.get('dbname', '')}"
        self.source = f"{where} {config.view}"[:400]
        name = config.told_name.removeprefix("public.")  # the same table, unless somebody has moved it
        self.told_to = f"{where} {config.told_by} {name}"[:600] if self.is_told else ""

    @property
    def is_told(self) -> bool:
        """Whether the host wants to hear of money."""
        return self._config.told_by != "nothing"

    @contextmanager
    def reading(self, columns: Columns, *, zone: str) -> Iterator[HostReading]:
        """Open the view and check its columns."""
        with connected(self._config.url) as connection:
            with translated():
                view = check_view(connection, self._config.view, columns)
            yield PostgresqlReading(connection, view, zone=zone, timeout=self._config.timeout)

    def tell(self, told: Sequence[HostUpdate]) -> dict[str, str]:
        """Tell the host where invoices stand; return by event id why some were not taken."""
        with connected(self._config.url) as connection:
            return updates.tell(
                connection,
                told,
                by=self._config.told_by,
                name=self._config.told_name,
                timeout=self._config.timeout,
            )

    def wait(self, seconds: float, stopped: Callable[[], bool]) -> None:
        """Return after some seconds, or earlier when the host notifies or `stopped` says so."""
        end = time.monotonic() + seconds
        try:
            with connected(self._config.url) as connection, translated():
                connection.execute(f"LISTEN {CHANNEL}")
                while not stopped() and (rest := end - time.monotonic()) > 0:
                    for _heard in connection.notifies(timeout=min(rest, SLICE), stop_after=1):
                        return
        except (HostUnavailable, HostViewUnusable):
            # A replica cannot listen. All else the next run says; until then only the time counts.
            while not stopped() and (rest := end - time.monotonic()) > 0:
                time.sleep(min(rest, SLICE))
