"""How an issuer bills: reminders, sending rate, life of pay links, and the platform's fee."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.models import Invoice, Issuer
from paymail.money import BadAmount, parse_decimal
from paymail.services.core.calendar import calendar_of
from paymail.services.outbox.gates import rate_of
from paymail.services.reminders import ladder
from paymail.services.reminders.preferences import BadPreference, _look_again

ISSUER_FIELDS = (
    "timezone", "country", "subdivision", "ladder", "send_at", "quiet_from", "quiet_until",
    "reminder_minimum", "reminder_cap", "sender_rate", "reminders_off", "link_days",
    "application_fee", "save_methods",
)  # fmt: skip


MOST_LINK_DAYS = 3650
"""A link that shall live longer is one without an end."""


NEVER = "never"


MOST_FEE = 3000
"""In hundredths of a per cent: a fee beyond this is a slip of the fingers."""


def set_up_issuer(
    session: Session, *, issuer: Issuer, changes: Mapping[str, str | int | bool | None], now: datetime
) -> None:
    """Change how an issuer reminds and sends; checked as a whole, so a refused change changes nothing.

    `link_days` (None: for ever) is for links given out or mailed from now on; no link ends sooner by it.
    Raises BadPreference, BadLadder, BadCalendar, BadTime, BadRate.
    """
    unknown = set(changes) - set(ISSUER_FIELDS)
    if unknown:
        raise BadPreference(f"{', '.join(sorted(unknown))} cannot be set")
    wanted = {name: getattr(issuer, name) for name in ISSUER_FIELDS} | dict(changes)
    calendar_of(Issuer(**wanted))
    if wanted["ladder"]:
        wanted["ladder"] = ladder.write(ladder.parse(str(wanted["ladder"])))
    rate_of(str(wanted["sender_rate"]))
    if not 0 <= int(wanted["reminder_cap"]) <= 100 or int(wanted["reminder_minimum"]) < 0:
        raise BadPreference(
            "maximum reminders must be between 0 and 100, and the minimum balance cannot be negative"
        )
    days = wanted["link_days"]
    if days is not None and not 0 <= int(days) <= MOST_LINK_DAYS:
        raise BadPreference(f"pay links must expire 0 to {MOST_LINK_DAYS} days after the due date, or never")
    if not 0 <= int(wanted["application_fee"]) <= MOST_FEE:
        raise BadPreference(f"the platform's fee must be between 0 and {MOST_FEE // 100} per cent")
    switched_on = issuer.reminders_off and not wanted["reminders_off"]
    # Invoices first, as a settlement locks them, which then counts up the issuer's receipts.
    _look_again(session, Invoice.issuer_id == issuer.issuer_id, switched_on, now)
    for name, value in wanted.items():
        setattr(issuer, name, value)


def link_days(text: str) -> int | None:
    """Read how long links live: a number of days, or `never` to end. Raises BadPreference."""
    if text.strip().lower() == NEVER:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise BadPreference(f"{text[:20]!r} is not a number of days or `{NEVER}`")
    return int(text)


def fee(text: str) -> int:
    """Read the platform's fee in per cent, such as `1.5`; return hundredths of a per cent.

    Raises BadPreference.
    """
    try:
        found = parse_decimal(text) * 100
    except BadAmount as error:
        raise BadPreference(f"{text[:20]!r} is not a percentage") from error
    if found != int(found):
        raise BadPreference("the platform's fee can have at most two decimal places")
    return int(found)
