"""Instants on the issuer's clock, as staff read them."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from paymail.errors import PaymailError
from paymail.services.core.calendar import zone_of

_UTC = ZoneInfo("UTC")
_STAMP = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\+00:00|Z)", re.ASCII)
_LONG = "%a %-d %b %Y, %H:%M %Z"


def clock_of(zone: str) -> ZoneInfo:
    """Return a zone by its IANA name; UTC where a setting names none, so that a page still shows."""
    try:
        return zone_of(zone)
    except PaymailError:
        return _UTC


def local(at: datetime | None, zone: str) -> Markup:
    """Return `Tue 14 Apr 2026, 09:00 AEST`, with the instant in UTC for programs and on hovering."""
    return _time(at, zone, _LONG)


def local_clock(at: datetime | None, zone: str, named: bool = True) -> Markup:
    """Return `09:00 AEST`, or `09:00` where the page names its one zone."""
    return _time(at, zone, "%H:%M %Z" if named else "%H:%M")


def local_short(at: datetime | None, zone: str, now: datetime, named: bool = False) -> Markup:
    """Return `today, 9:12 am`, `Mon 30 Nov, 9:00 am`, or `30 Nov 2025` of another year.

    With `named` its zone too: for pages of several companies, whose clocks differ."""
    if at is None:
        return Markup("")
    then, today = at.astimezone(clock_of(zone)), now.astimezone(clock_of(zone))
    clock = f"{then:%-I:%M} {'am' if then.hour < 12 else 'pm'}{' %Z' if named else ''}"
    if then.date() == today.date():
        return _time(at, zone, f"today, {clock}")
    return _time(at, zone, f"%a %-d %b, {clock}" if then.year == today.year else "%-d %b %Y")


def short_day(day: date, today: date) -> str:
    """Return `26 Nov`, with the year if it is not this one."""
    return day.strftime("%-d %b" if day.year == today.year else "%-d %b %Y")


def local_day(at: datetime, zone: str) -> str:
    """Return `Tuesday 14 April 2026`."""
    return at.astimezone(clock_of(zone)).strftime("%A %-d %B %Y")


def in_zone(text: str, zone: str) -> str:
    """Return `text`, as a service wrote it, with its UTC stamps on the issuer's clock."""

    def on_its_clock(stamp: re.Match[str]) -> str:
        try:
            at = datetime.fromisoformat(stamp[0]).astimezone(UTC)
        except ValueError:
            return stamp[0]
        return at.astimezone(clock_of(zone)).strftime(_LONG)

    return _STAMP.sub(on_its_clock, text)


def _time(at: datetime | None, zone: str, pattern: str) -> Markup:
    if at is None:
        return Markup("")
    text = at.astimezone(clock_of(zone)).strftime(pattern)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        at.strftime("%Y-%m-%dT%H:%M:%SZ"), at.strftime("%Y-%m-%d %H:%M:%S"), text
    )
