"""The history of an invoice as its page tells it: the newest first, each entry with a sign."""

from collections.abc import Sequence
from dataclasses import dataclass

from paymail.models import TimelineEvent

SHOWN = 200
OPEN = 8
"""How many stand there unfolded."""
_SIGNS = (
    ("viewed", "eye", "good"),
    ("payment_received", "money", "good"),
    ("payment", "money", "info"),
    ("overpaid", "money", "warn"),
    ("refund", "undo", "still"),
    ("dispute", "alert", "bad"),
    ("email_bounced", "alert", "bad"),
    ("email", "mail", "still"),
    ("reminders", "bell", "info"),
    ("plan", "plan", "info"),
    ("objection", "alert", "warn"),
    ("link", "link", "still"),
    ("voided", "ban", "bad"),
    ("written_off", "cut", "still"),
    ("imported", "put", "still"),
    ("issued", "check", "good"),
)
"""By the beginning of the kind, the first that fits."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with its sign."""

    event: TimelineEvent
    icon: str
    tone: str
    title: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The newest entries, those below the fold, and how many are not shown at all."""

    entries: Sequence[Entry]
    folded: Sequence[Entry]
    older: int


def timeline(events: Sequence[TimelineEvent], *, by_hand: bool) -> Timeline:
    """Return what is shown of an invoice's events, which come oldest first. `by_hand`: no import made it."""
    entries = [_entry(event, by_hand=by_hand) for event in reversed(events[-SHOWN:])]
    # A fold over one or two entries would take the place that they need.
    cut = OPEN if len(entries) > OPEN + 2 else len(entries)
    return Timeline(entries[:cut], entries[cut:], max(len(events) - SHOWN, 0))


def _entry(event: TimelineEvent, *, by_hand: bool) -> Entry:
    found = ((icon, tone) for kind, icon, tone in _SIGNS if event.kind.startswith(kind))
    icon, tone = next(found, ("info", "still"))
    title = event.kind.replace("_", " ").capitalize()
    return Entry(event, icon, tone, "Created" if by_hand and event.kind == "imported" else title)
