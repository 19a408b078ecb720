"""Reminders of what is still owed, in five tones."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from paymail.emails.letterhead import SAMPLE, CustomerEmail
from paymail.models import MessageKind
from paymail.money import Money


class Tone(StrEnum):
    """How a reminder speaks; each has templates of its own."""

    UPCOMING = "upcoming"
    DUE = "due"
    FRIENDLY = "friendly"
    FIRM = "firm"
    FINAL = "final"

    def fits(self, days_overdue: int) -> bool:
        """Whether what it says is true so many days after the due date (below 0: before it)."""
        first, last = _DAYS[self]
        return first <= days_overdue <= last

    @classmethod
    def fitting(cls, days_overdue: int) -> tuple["Tone", ...]:
        """Return the tones that fit, the gentlest first. There is one for every day."""
        return tuple(tone for tone in cls if tone.fits(days_overdue))

    def or_fitting(self, days_overdue: int) -> "Tone":
        """Return this tone, or the nearest that fits where the day has overtaken it."""
        return self if self.fits(days_overdue) else self.fitting(days_overdue)[0]


_EVER = 10**6
_DAYS = {
    Tone.UPCOMING: (-_EVER, -1),
    Tone.DUE: (0, _EVER),
    Tone.FRIENDLY: (1, _EVER),
    Tone.FIRM: (1, _EVER),
    Tone.FINAL: (1, _EVER),
}
"""On which days from the due date a tone is true: `due` says "due today", or since when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderEmail(CustomerEmail):
    """A reminder of what is still owed. `tone` picks the templates; `days_overdue` is below 0 before due.

    With a payment plan, `due` is an instalment's, `asked` is what is due by then of the `balance`, and it is
    number `instalment` of `instalments`; without one these two are 0. `checked_at` is when the books said
    that `asked` had not arrived, told on the clock of `zone` (IANA name). `emailed_on` is when the invoice
    itself was last emailed, `reminded_on` the last days of reminders before this one, oldest first; of both
    only what a mail server accepted and nobody returned, of what went to an address that this one goes to, by
    the issuer's calendar.
    """

    kind: ClassVar[MessageKind] = MessageKind.REMINDER

    issued: date
    due: date
    days_overdue: int
    tone: Tone
    total: Money
    balance: Money
    asked: Money
    instalment: int
    instalments: int
    checked_at: datetime
    zone: str
    emailed_on: date | None
    reminded_on: tuple[date, ...]

    @property
    def template(self) -> str:
        """Folder of its templates."""
        return f"reminder_{self.tone}"

    @classmethod
    def sample(cls, tone: Tone = Tone.FRIENDLY) -> Self:
        """Invoice 502 on the day that the tone is meant for, after reminders of the gentler ones."""
        days = {Tone.UPCOMING: -3, Tone.DUE: 0, Tone.FRIENDLY: 7, Tone.FIRM: 14, Tone.FINAL: 21}
        due = date(2026, 4, 11)
        before = [days[one] for one in (Tone.FRIENDLY, Tone.FIRM) if days[one] < days[tone]]
        checked = datetime.combine(due + timedelta(days=days[tone]), time(9), ZoneInfo("Australia/Melbourne"))
        return cls(
            **SAMPLE,
            issued=date(2026, 3, 12),
            due=due,
            days_overdue=days[tone],
            tone=tone,
            total=Money(8250, "AUD"),
            balance=Money(8250, "AUD"),
            asked=Money(8250, "AUD"),
            instalment=0,
            instalments=0,
            checked_at=checked,
            zone="Australia/Melbourne",
            emailed_on=date(2026, 3, 12),
            reminded_on=tuple(due + timedelta(days=one) for one in before),
        )

    @classmethod
    def samples(cls) -> tuple[Self, ...]:
        """Return one for each tone."""
        return tuple(cls.sample(tone) for tone in Tone)
