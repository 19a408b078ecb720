"""Local time and business days of an issuer: from a calendar date and a clock time to an instant, and back.

Sources: PEP 495 and RFC 5545 §3.3.5 (a local time in a gap is read by the offset before it, one in a fold
is the first of the two); the `holidays` library for public holidays.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from paymail.errors import InvalidInput
from paymail.models import Issuer

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_SATURDAY = 5
FURTHEST = timedelta(days=2 * 366)
"""A time that somebody gives and that is further ahead than this is a slip of the fingers."""
NEXT_BUSINESS_MORNING = "next business morning"
LONGEST_CLOSURE = 60
"""Days; a calendar that is closed for longer is broken, and looking on would never end."""


class BadTime(InvalidInput):
    """The text is not a time that can be planned for."""

    code = "bad_time"


class BadCalendar(InvalidInput):
    """The zone, country or subdivision is not known."""

    code = "bad_calendar"


def clock_time(text: str) -> time:
    """Read `HH:MM`. Raises BadTime."""
    if not _CLOCK.fullmatch(text):
        raise BadTime(f"{text[:20]!r} is not a time of day; enter a time such as 09:00")
    return time.fromisoformat(text)


@lru_cache(maxsize=256)
def _public_holidays(country: str, subdivision: str) -> holidays.HolidayBase | None:
    if not country:
        return None
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError as error:
        raise BadCalendar(
            f"public holidays are not available for {country} {subdivision}".rstrip()
        ) from error


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """An issuer's zone, public holidays, morning and quiet hours."""

    zone: ZoneInfo
    country: str
    subdivision: str
    send_at: time
    quiet_from: time
    quiet_until: time

    def is_business_day(self, day: date) -> bool:
        """Whether people of this country work on `day`; without a country, Monday to Friday."""
        found = _public_holidays(self.country, self.subdivision)
        if found is None:
            return day.weekday() < _SATURDAY
        return bool(found.is_working_day(day))

    def business_day(self, day: date, *, step: int) -> date:
        """Return `day`, or the nearest business day after it (`step` 1) or before it (`step` -1)."""
        for _ in range(LONGEST_CLOSURE):
            if self.is_business_day(day):
                return day
            day += timedelta(days=step)
        raise BadCalendar("the calendar has no business days for months; check the country and region")

    def is_quiet(self, clock: time) -> bool:
        """Whether a time of day is in the quiet hours, which may span midnight; equal ends: none."""
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until

    def morning(self, day: date) -> datetime:
        """Return the instant (UTC) of the sending time on `day`."""
        return instant(day, self.send_at, self.zone)

    def is_open(self, now: datetime) -> bool:
        """Whether mail that asks for something may go out now: a business day, outside the quiet hours."""
        local = now.astimezone(self.zone)
        return self.is_business_day(local.date()) and not self.is_quiet(local.time())

    def next_morning(self, now: datetime) -> datetime:
        """Return the first sending time of a business day after `now`."""
        day = now.astimezone(self.zone).date()
        for offset in range(LONGEST_CLOSURE):
            moment = self.morning(day + timedelta(days=offset))
            if moment > now and self.is_business_day(day + timedelta(days=offset)):
                return moment
        raise BadCalendar("the calendar has no business days for months; check the country and region")

    def next_opening(self, now: datetime) -> datetime:
        """Return `now` when open, else the next time it is: after the quiet hours, or a later morning."""
        if self.is_open(now):
            return now
        local = now.astimezone(self.zone)
        if self.is_business_day(local.date()) and local.time() < self.quiet_until:
            # The small hours end in the morning, a quiet noon with itself.
            opening = instant(local.date(), max(self.quiet_until, self.send_at), self.zone)
            if opening > now:
                return opening  # else the clock has gone back over it (a fold)
        return self.next_morning(now)


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) of a local date and time; in a gap it moves on by the gap's length."""
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def calendar_of(issuer: Issuer) -> BusinessCalendar:
    """Return the issuer's calendar. Raises BadCalendar, BadTime."""
    found = BusinessCalendar(
        zone=zone_of(issuer.timezone),
        country=issuer.country,
        subdivision=issuer.subdivision,
        send_at=clock_time(issuer.send_at),
        quiet_from=clock_time(issuer.quiet_from),
        quiet_until=clock_time(issuer.quiet_until),
    )
    _public_holidays(found.country, found.subdivision)
    if found.is_quiet(found.send_at):
        raise BadTime(f"the sending time {issuer.send_at} is within quiet hours")
    return found


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises BadCalendar."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise BadCalendar(f"{name[:40]!r} is not a time zone; use a name such as Australia/Sydney") from error


def when(text: str, issuer: Issuer, now: datetime) -> datetime | None:
    """Read when an email shall go out: empty or `now` (None), `next business morning`, or a time.

    A time is ISO 8601; without an offset it is the issuer's local time. Raises BadTime, also for the past
    and for what is more than two years ahead.
    """
    wanted = " ".join(text.lower().replace("-", " ").split()) if "business" in text.lower() else text.strip()
    if wanted in ("", "now"):
        return None
    if wanted == NEXT_BUSINESS_MORNING:
        return calendar_of(issuer).next_morning(now)
    try:
        moment = datetime.fromisoformat(wanted)
    except ValueError as error:
        raise BadTime(
            f"{text[:40]!r} is not a time; use 2026-12-01T09:00, `{NEXT_BUSINESS_MORNING}` or leave it empty"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone_of(issuer.timezone))
    return _plannable(moment, text, now)


def _plannable(moment: datetime, text: str, now: datetime) -> datetime:
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:  # the first or last day that there is, in a zone beyond it
        raise BadTime(f"{text[:40]!r} is out of range") from error
    if moment < now - timedelta(minutes=1):
        raise BadTime(f"{text[:40]} is in the past")
    if moment > now + FURTHEST:
        raise BadTime(f"{text[:40]} is more than two years away; check for a typo")
    return moment
