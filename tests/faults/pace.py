"""A clock that runs faster than the wall's, the same in every process of a test.

Leases last five seconds at least and a first retry waits fifteen; a test that lives through several of them
would mostly wait. The pace is part of the environment, so that all processes agree on the time.
"""

import os
from dataclasses import dataclass
from datetime import datetime

from paymail import clock

VARIABLE = "FAULTS_PACE"


@dataclass(frozen=True, slots=True)
class Pace:
    """`speed` seconds pass for each second since `start`."""

    start: datetime
    speed: float

    def now(self) -> datetime:
        """Return the present instant of the test (aware, UTC)."""
        return self.start + (clock.utc_now() - self.start) * self.speed

    def encode(self) -> str:
        return f"{self.start.isoformat()} {self.speed}"


def from_environment() -> Pace:
    """Return the pace that the test has set; without one, the wall's."""
    start, _, speed = os.environ.get(VARIABLE, "").partition(" ")
    return Pace(datetime.fromisoformat(start), float(speed)) if start else Pace(clock.utc_now(), 1.0)
