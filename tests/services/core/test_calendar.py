"""Local time: gaps, folds, leap days, zone changes, holidays and quiet hours are where schedules break."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from paymail.models import Issuer
from paymail.services.core.calendar import BadCalendar, BadTime, BusinessCalendar, calendar_of, instant, when

NOW = datetime(2026, 3, 17, 1, 0, tzinfo=UTC)


def issuer(**more: str) -> Issuer:
    given = {"timezone": "Australia/Sydney", "country": "AU", "subdivision": "NSW", "send_at": "09:00"}
    return Issuer(**{**given, "quiet_from": "20:00", "quiet_until": "08:00", **more})


def calendar(**more: str) -> BusinessCalendar:
    return calendar_of(issuer(**more))


@pytest.mark.parametrize(
    ("zone", "day", "clock", "expected"),
    [
        # A gap: 02:30 does not exist and is read by the offset before it.
        ("Australia/Sydney", date(2026, 10, 4), time(2, 30), "2026-10-03T16:30"),
        ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:30"),
        ("Europe/Berlin", date(2026, 3, 29), time(2, 0), "2026-03-29T01:00"),
        # A fold: the first of the two.
        ("Australia/Sydney", date(2026, 4, 5), time(2, 30), "2026-04-04T15:30"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30"),
        # Midnight that does not exist.
        ("America/Santiago", date(2026, 9, 6), time(0, 0), "2026-09-06T04:00"),
        # Half-hour and quarter-hour offsets, and a half-hour of daylight saving.
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:45"),
        ("Asia/Kathmandu", date(2026, 6, 1), time(9, 0), "2026-06-01T03:15"),
        # A zone that changed for good, and a whole day that Samoa never had.
        ("Europe/Moscow", date(2014, 10, 27), time(9, 0), "2014-10-27T06:00"),
        ("Pacific/Apia", date(2011, 12, 30), time(9, 0), "2011-12-30T19:00"),
        # A leap day.
        ("Europe/London", date(2028, 2, 29), time(9, 0), "2028-02-29T09:00"),
    ],
)
def test_a_local_time_is_one_instant(zone: str, day: date, clock: time, expected: str) -> None:
    assert instant(day, clock, ZoneInfo(zone)) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "expected"),
    [
        ("AU", "NSW", date(2026, 1, 26), False),  # Australia Day
        ("AU", "VIC", date(2026, 11, 3), False),  # Melbourne Cup
        ("AU", "NSW", date(2026, 11, 3), True),
        ("", "", date(2026, 1, 26), True),  # no country: Monday is a Monday
        ("", "", date(2026, 1, 25), False),
        ("DE", "BY", date(2026, 8, 15), False),
        ("AE", "", date(2026, 7, 5), False),  # the Emirates' week ends on Saturday and Sunday
        ("SA", "", date(2026, 7, 3), False),  # Saudi Arabia's on Friday and Saturday
        ("SA", "", date(2026, 7, 5), True),
    ],
)
def test_business_days_are_the_countrys(country: str, subdivision: str, day: date, expected: bool) -> None:
    assert calendar(country=country, subdivision=subdivision).is_business_day(day) is expected


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("07:59", True), ("08:00", False), ("19:59", False), ("20:00", True), ("00:00", True)],
)
def test_quiet_hours_may_span_midnight(clock: str, quiet: bool) -> None:
    assert calendar().is_quiet(time.fromisoformat(clock)) is quiet


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-03-17T10:00", "2026-03-17T10:00"),  # open
        ("2026-03-17T03:00", "2026-03-17T09:00"),  # the small hours
        ("2026-03-17T22:00", "2026-03-18T09:00"),
        ("2026-03-20T21:00", "2026-03-23T09:00"),  # Friday evening
        ("2026-03-21T12:00", "2026-03-23T09:00"),  # Saturday
        ("2026-04-02T23:00", "2026-04-07T09:00"),  # Easter: Good Friday to Monday
    ],
)
def test_the_next_opening_is_a_business_morning(now: str, opening: str) -> None:
    zone = ZoneInfo("Australia/Sydney")
    local = datetime.fromisoformat(now).replace(tzinfo=zone)
    assert calendar().next_opening(local.astimezone(UTC)) == datetime.fromisoformat(opening).replace(
        tzinfo=zone
    )


def test_a_quiet_noon_ends_with_itself() -> None:
    zone = ZoneInfo("Australia/Sydney")
    noon = datetime(2026, 3, 17, 12, 30, tzinfo=zone)
    siesta = calendar(quiet_from="12:00", quiet_until="13:00")
    assert siesta.next_opening(noon.astimezone(UTC)) == noon.replace(hour=13, minute=0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("now", None),
        ("2026-03-18T09:00", "2026-03-17T22:00"),
        ("2026-03-18T09:00+00:00", "2026-03-18T09:00"),
        ("2026-03-18T09:00Z", "2026-03-18T09:00"),
        ("next business morning", "2026-03-17T22:00"),
        ("Next-Business-Morning", "2026-03-17T22:00"),
    ],
)
def test_a_sending_time_is_read_in_the_issuers_zone(text: str, expected: str | None) -> None:
    found = when(text, issuer(), NOW)
    assert found == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)


@pytest.mark.parametrize(
    "text",
    [
        *("tomorrow", "2026-13-01", "2026-03-16T09:00", "09:00", "next business day"),
        *("0001-01-01T00:00", "9999-12-31T23:59Z", "9999-12-31T23:59-14:00", "2028-03-20T09:00"),
    ],
)
def test_a_time_that_cannot_be_planned_for_is_refused(text: str) -> None:
    with pytest.raises(BadTime):
        when(text, issuer(), NOW)


@pytest.mark.parametrize(
    "broken",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"country": "XX"},
        {"subdivision": "BY"},
    ],
)
def test_an_unknown_zone_or_country_is_refused(broken: dict[str, str]) -> None:
    with pytest.raises(BadCalendar):
        calendar(**broken)


@pytest.mark.parametrize("broken", [{"send_at": "9:00"}, {"send_at": "24:00"}, {"send_at": "21:00"}])
def test_an_impossible_sending_time_is_refused(broken: dict[str, str]) -> None:
    with pytest.raises(BadTime):
        calendar(**broken)


def test_an_opening_is_never_in_the_past_of_a_fold() -> None:
    # Israel, 26 October 2025: the clock goes back from 02:00 to 01:00.
    fold = calendar(
        timezone="Asia/Jerusalem", country="IL", subdivision="", send_at="01:45", quiet_until="01:45"
    )
    now = datetime(2025, 10, 25, 22, 0, tzinfo=UTC)
    for minute in range(0, 180, 5):
        moment = now + timedelta(minutes=minute)
        opening = fold.next_opening(moment)
        assert opening > moment or fold.is_open(moment)
