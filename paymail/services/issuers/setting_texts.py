"""Settings of an issuer as people write them: `9:00`, `never`, `on`, per cent."""

from paymail.money import BadAmount, parse_decimal
from paymail.services.reminders.preferences import BadPreference

Value = str | int | bool | None

SWITCHES = frozenset({"reminders_off", "save_methods", "host_mails_invoices"})
NUMBERS = frozenset({"reminder_minimum", "reminder_cap", "reminder_gap"})
OR_OFF = frozenset({"refund_approval_from", "statement_day"})
NEVER = "never"
OFF = "off"


def read(name: str, text: str) -> Value:
    """Return the value of a setting from its text, as `set_up_issuer` takes it. Raises BadPreference."""
    if name == "link_days":
        return link_days(text)
    if name == "application_fee":
        return fee(text)
    if name in OR_OFF:
        return None if text.strip().lower() in ("", OFF) else _number(name, text.strip())
    if name in SWITCHES:
        return _switch(name, text)
    if name in NUMBERS:
        return _number(name, text)
    return text


def write(name: str, value: Value) -> str:
    """Return a setting's value as `read` reads it."""
    if name == "link_days" and value is None:
        return NEVER
    if name in OR_OFF and value is None:
        return OFF
    if name == "application_fee":
        return f"{int(value or 0) / 100:g}"
    if name in SWITCHES:
        return "on" if value else "off"
    return str(value)


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


def _switch(name: str, text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise BadPreference(f"{name} must be on or off")
    return text.lower() == "on"


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise BadPreference(f"{name}: {text[:20]!r} is not a whole number")
    return int(text)
