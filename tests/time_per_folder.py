"""Where the time of a run went: seconds per folder of tests, slowest first."""

from collections import defaultdict
from collections.abc import Iterable

import pytest


def seconds_per_folder(reports: Iterable[object]) -> list[tuple[str, float]]:
    """Return each folder with the seconds of its tests, their set-up and tear-down included."""
    spent: dict[str, float] = defaultdict(float)
    for report in reports:
        if isinstance(report, pytest.TestReport):
            parents = report.nodeid.partition("::")[0].split("/")[:-1]
            spent["/".join(parents[:2])] += report.duration
    return sorted(spent.items(), key=lambda found: -found[1])
