"""Instants on the issuer's clock, as staff read them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from paymail.errors import PaymailError
from paymail.services.calendar import zone_of

_UTC = ZoneInfo("UTC")


def clock_of(zone: str) -> ZoneInfo:
    """Return a zone by its IANA name; UTC where a setting names none, so that a page still shows."""
    try:
        return zone_of(zone)
    except PaymailError:
        return _UTC


def local(at: datetime | None, zone: str) -> Markup:
    """Return `Tue 14 Apr 2026, 09:00 AEST`, with the instant in UTC for programs and on hovering."""
    return _time(at, zone, "%a %-d %b %Y, %H:%M %Z")


def local_clock(at: datetime | None, zone: str) -> Markup:
    """Return `09:00 AEST`."""
    return _time(at, zone, "%H:%M %Z")


def local_day(at: datetime, zone: str) -> str:
    """Return `Tuesday 14 April 2026`."""
    return at.astimezone(clock_of(zone)).strftime("%A %-d %B %Y")


def _time(at: datetime | None, zone: str, pattern: str) -> Markup:
    if at is None:
        return Markup("")
    text = at.astimezone(clock_of(zone)).strftime(pattern)
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        at.strftime("%Y-%m-%dT%H:%M:%SZ"), at.strftime("%Y-%m-%d %H:%M:%S"), text
    )
