"""The reminder ladder as data: days from the due date, each with its tone.

As text: `-3:upcoming, 0:due, 7:friendly, 14:firm, 21:final`.
"""

import re
from dataclasses import dataclass

from paymail.emails import Tone
from paymail.errors import InvalidInput

MOST_STEPS = 12
EARLIEST, LATEST = -60, 365
_STEP = re.compile(r"\s*([+-]?\d{1,3})\s*:\s*([a-z]+)\s*", re.ASCII)


class BadLadder(InvalidInput):
    """The text is not a ladder; the message says where."""

    code = "bad_ladder"


@dataclass(frozen=True, slots=True, order=True)
class Rung:
    """One step: days from due (negative: before it), and how the reminder speaks."""

    days: int
    tone: Tone

    @property
    def key(self) -> str:
        """The step's name in dedupe keys and lists."""
        return str(self.days)


Ladder = tuple[Rung, ...]

DEFAULT: Ladder = (
    Rung(-3, Tone.UPCOMING),
    Rung(0, Tone.DUE),
    Rung(7, Tone.FRIENDLY),
    Rung(14, Tone.FIRM),
    Rung(21, Tone.FINAL),
)


def parse(text: str) -> Ladder:
    """Read a ladder, in any order. Raises BadLadder."""
    rungs = sorted(_rung(part) for part in text.split(",") if part.strip())
    if not rungs:
        raise BadLadder("a ladder needs at least one step; to send no reminders, turn them off")
    if len(rungs) > MOST_STEPS:
        raise BadLadder(f"a ladder can have at most {MOST_STEPS} steps")
    days = [rung.days for rung in rungs]
    if len(set(days)) < len(days):
        raise BadLadder("two steps cannot be on the same day")
    return tuple(rungs)


def checked(text: str) -> Ladder:
    """Read a ladder that somebody sets, whose tones must fit their days. Raises BadLadder.

    One of before is read by `parse`: what goes out under it is written in a tone that fits.
    """
    found = parse(text)
    for rung in found:
        if not rung.tone.fits(rung.days):
            names = ", ".join(Tone.fitting(rung.days))
            raise BadLadder(f"{rung.tone} does not fit {_when(rung.days)}; choose {names}")
    return found


def _when(days: int) -> str:
    if not days:
        return "the due date"
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"{count} {'before' if days < 0 else 'after'} the due date"


def tone_for(ladder: Ladder, days_overdue: int) -> Tone:
    """Return how a reminder by hand speaks on a day: as the latest step up to then, if that fits."""
    reached = [rung.tone for rung in ladder if rung.days <= days_overdue and rung.tone.fits(days_overdue)]
    return reached[-1] if reached else Tone.fitting(days_overdue)[0]


def _rung(part: str) -> Rung:
    match = _STEP.fullmatch(part)
    if not match:
        raise BadLadder(f"{part.strip()[:30]!r} is not a step; use a format such as 7:friendly")
    days, tone = int(match[1]), match[2]
    if not EARLIEST <= days <= LATEST:
        raise BadLadder(f"{days} is not between {EARLIEST} and {LATEST} days")
    if tone not in set(Tone):
        raise BadLadder(f"{tone!r} is not a tone; choose {', '.join(Tone)}")
    return Rung(days, Tone(tone))


def write(ladder: Ladder) -> str:
    """Return the ladder as text that `parse` reads."""
    return ", ".join(f"{rung.days}:{rung.tone}" for rung in ladder)


def effective(*texts: str) -> Ladder:
    """Return the first ladder that is given (invoice, customer, issuer), else the default."""
    return next((parse(text) for text in texts if text), DEFAULT)
