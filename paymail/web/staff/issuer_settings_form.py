"""The form of an issuer's reminders: from the row to text fields, and from text fields to changes."""

from functools import cache
from zoneinfo import available_timezones

from pydantic import Field

from paymail.emails import Tone
from paymail.errors import PaymailError
from paymail.models import Issuer
from paymail.money import parse_decimal, to_decimal, to_minor
from paymail.services.issuers.setting_texts import NEVER, Value, link_days, read
from paymail.services.reminders import ladder
from paymail.services.reminders.ladder import BadLadder, Ladder
from paymail.services.reminders.preferences import BadPreference
from paymail.web.staff.form_actions import IssuerId, StaffForm, Text

LARGEST_MINIMUM = 10**12


class PreferencesForm(StaffForm):
    """As it was typed. `days` and `tone` are the ladder's rows; `do` is save, add, default or remove N."""

    issuer: IssuerId = ""
    do: Text = "save"
    days: list[Text] = Field(default_factory=list)
    tone: list[Text] = Field(default_factory=list)
    reminders: Text = "on"
    send_at: Text = ""
    quiet_from: Text = ""
    quiet_until: Text = ""
    timezone: Text = ""
    country: Text = ""
    subdivision: Text = ""
    minimum: Text = ""
    cap: Text = ""
    rate: Text = ""
    link_days: Text = ""
    save_methods: Text = ""
    reminder_gap: Text = ""
    host_mails_invoices: Text = ""
    refund_approval_from: Text | None = None
    """In major units; empty: refunds need nobody's approval. None: a page of before did not ask."""
    statement_day: Text | None = None
    """Empty: none go out by themselves."""


@cache
def zones() -> list[str]:
    """Return the names of the zones worth offering: those of places, and UTC."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))


def of_issuer(issuer: Issuer) -> PreferencesForm:
    """Return the form as it is stored."""
    steps = _steps(issuer)
    return PreferencesForm(
        issuer=str(issuer.issuer_id),
        days=[str(rung.days) for rung in steps],
        tone=[rung.tone.value for rung in steps],
        reminders="off" if issuer.reminders_off else "on",
        send_at=issuer.send_at,
        quiet_from=issuer.quiet_from,
        quiet_until=issuer.quiet_until,
        timezone=issuer.timezone,
        country=issuer.country,
        subdivision=issuer.subdivision,
        minimum=f"{to_decimal(issuer.reminder_minimum, issuer.currency)}",
        cap=str(issuer.reminder_cap),
        rate=issuer.sender_rate,
        link_days=NEVER if issuer.link_days is None else str(issuer.link_days),
        save_methods="on" if issuer.save_methods else "off",
        reminder_gap=str(issuer.reminder_gap),
        host_mails_invoices="on" if issuer.host_mails_invoices else "off",
        statement_day="" if issuer.statement_day is None else str(issuer.statement_day),
        refund_approval_from=_major_or_empty(issuer.refund_approval_from, issuer.currency),
    )


def _major_or_empty(minor: int | None, currency: str) -> str:
    return "" if minor is None else f"{to_decimal(minor, currency):f}"


def _steps(issuer: Issuer) -> Ladder:
    try:
        return ladder.effective(issuer.ladder)
    except PaymailError:
        return ladder.DEFAULT


def rows_of(form: PreferencesForm) -> list[tuple[str, str]]:
    """Return the ladder's rows as days and tone."""
    tones = [*form.tone, *[Tone.FRIENDLY.value] * len(form.days)]
    return list(zip(form.days, tones, strict=False))


def with_rows(form: PreferencesForm) -> PreferencesForm:
    """Return the form with a row more or less, as its `do` asks. Stores nothing."""
    rows = rows_of(form)
    verb, _, number = form.do.partition(" ")
    if verb == "add" and len(rows) < ladder.MOST_STEPS:
        rows.append(("", Tone.FRIENDLY.value))
    elif verb == "remove" and number.isdecimal() and int(number) < len(rows):
        del rows[int(number)]
    elif verb == "default":
        rows = [(str(rung.days), rung.tone.value) for rung in ladder.DEFAULT]
    return form.model_copy(update={"days": [days for days, _ in rows], "tone": [tone for _, tone in rows]})


def changes_of(form: PreferencesForm, currency: str) -> dict[str, Value]:
    """Return what `set_up_issuer` takes. Raises BadLadder, BadPreference, BadAmount."""
    steps = [f"{days}:{tone}" for days, tone in rows_of(form) if days]
    if not steps:
        raise BadLadder("a ladder needs at least one step; to send no reminders, turn them off")
    if form.reminders not in ("on", "off"):
        raise BadPreference("reminders must be on or off")
    if not (form.cap.isascii() and form.cap.isdecimal() and len(form.cap) <= 3):
        raise BadPreference(f"{form.cap[:20]!r} is not a number between 0 and 100")
    minimum = to_minor(parse_decimal(form.minimum or "0"), currency)
    if minimum > LARGEST_MINIMUM:
        raise BadPreference("the minimum balance is too large")
    changes: dict[str, Value] = {
        "ladder": ", ".join(steps),
        "reminders_off": form.reminders == "off",
        "send_at": form.send_at,
        "quiet_from": form.quiet_from,
        "quiet_until": form.quiet_until,
        "timezone": form.timezone,
        "country": form.country.upper(),
        "subdivision": form.subdivision.upper(),
        "reminder_minimum": minimum,
        "reminder_cap": int(form.cap),
        "sender_rate": form.rate.lower(),
    }
    if form.save_methods:
        changes["save_methods"] = form.save_methods == "on"
    if form.host_mails_invoices:
        changes["host_mails_invoices"] = form.host_mails_invoices == "on"
    if form.reminder_gap:
        changes["reminder_gap"] = read("reminder_gap", form.reminder_gap)
    if form.refund_approval_from is not None:
        typed = form.refund_approval_from.strip()
        changes["refund_approval_from"] = to_minor(parse_decimal(typed), currency) if typed else None
    if form.statement_day is not None:
        changes["statement_day"] = read("statement_day", form.statement_day)
    if form.link_days:
        changes["link_days"] = link_days(form.link_days)
    return changes
