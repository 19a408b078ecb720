"""Who an issuer is on documents, and how it bills: reminders, sending rate, life of pay links, the fee."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from paymail.documents import colours
from paymail.models import Invoice, Issuer
from paymail.money import exponent
from paymail.services.core.calendar import calendar_of
from paymail.services.core.email_addresses import checked, checked_copy
from paymail.services.core.invoices import local_date
from paymail.services.core.locales import checked_locale
from paymail.services.core.tax_invoices import lacks_abn
from paymail.services.core.websites import checked_website
from paymail.services.issuers import bank_changes, bank_details
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.services.issuers.others_identity import refuse_others_sender
from paymail.services.issuers.overtaken import refuse_overtaken
from paymail.services.issuers.setting_history import record
from paymail.services.issuers.setting_texts import Value, write
from paymail.services.issuers.staff_notice import tell_of_details
from paymail.services.outbox.gates import rate_of
from paymail.services.reminders import ladder
from paymail.services.reminders.preferences import BadPreference, look_again

ISSUER_FIELDS = (
    "timezone", "country", "subdivision", "ladder", "send_at", "quiet_from", "quiet_until",
    "reminder_minimum", "reminder_cap", "sender_rate", "reminders_off", "link_days",
    "application_fee", "save_methods", "reminder_gap", "host_mails_invoices",
    "refund_approval_from", "statement_day",
)  # fmt: skip
"""How it bills."""
DETAIL_FIELDS = (
    "email", "reply_to", "bookkeeper_email", "address", "tax_id", "tax_name", "tax_label", "locale",
    "phone", "colour", "terms", "footer", "legal_name", "website", "currency",
)  # fmt: skip
"""What documents and emails say of it. Its name is what hosts call it, and payments went to its account:
neither is changed."""

LONGEST = {
    "address": 1000, "tax_id": 60, "tax_name": 20, "tax_label": 30, "phone": 40, "terms": 2000, "footer": 500,
    "legal_name": 300,
}  # fmt: skip
SEVERAL_LINES = frozenset({"address", "terms", "footer"})
MOST_LINK_DAYS = 3650
"""A link that shall live longer is one without an end."""
MOST_GAP = 20
"""Business days."""
MOST_FEE = 3000
"""In hundredths of a per cent: a fee beyond this is a slip of the fingers."""
MOST_APPROVAL_FROM = 10**12
"""Minor units."""
LAST_STATEMENT_DAY = 28
"""Every month has it."""


def set_up_issuer(
    session: Session,
    *,
    issuer: Issuer,
    changes: Mapping[str, Value],
    actor: str,
    now: datetime,
    seen: Mapping[str, str] | None = None,
) -> list[str]:
    """Change an issuer's settings and details; checked as a whole, so a refused change changes nothing.

    Bank details change as `bank_changes` says: first ones at once, others after 48 hours. Of
    other details that tell where money or an answer goes, all staff are told at once.
    `link_days` (None: for ever) is for links given out or mailed from now on; no link ends sooner by it.
    `seen` is what the changed ones were when whoever changes them looked, as people write them.
    What differs is returned, and kept with its author, old and new value.
    Raises BadPreference, BadLadder, BadCalendar, BadTime, BadRate, BadAddress, BadLocale, UnknownCurrency,
    Overtaken.
    """
    first, _ = checked_changes(issuer, changes)  # before anybody waits for a lock
    if "email" in changes:
        refuse_others_sender(session, first["email"])
    switched_on = issuer.reminders_off and not changes.get("reminders_off", True)
    # Invoices first, as a settlement locks them, which then counts up the issuer's receipts.
    look_again(session, Invoice.issuer_id == issuer.issuer_id, now, switched_on=switched_on)
    bank_changes.lock(session, issuer)
    # As the issuer is now: somebody else may have changed it since it was read.
    whole, bank = checked_changes(issuer, changes)
    wanted = {name: value for name, value in whole.items() if name in changes}
    if seen:
        refuse_overtaken(session, issuer, wanted | bank, seen)
    changed = {}
    for name, value in wanted.items():
        old = getattr(issuer, name)
        if old != value:
            changed[name] = (write(name, old), write(name, value))
            record(session, issuer, name, changed[name], actor, now)
            setattr(issuer, name, value)
            if name == "statement_day":
                # From the next such day on: whoever sets it on one does not mail everybody at once.
                issuer.statements_done, issuer.statements_after = local_date(issuer, now), 0
    tell_of_details(session, issuer, changed, actor, now)
    asked = bank_changes.ask(session, issuer=issuer, fields=bank, actor=actor, now=now) if bank else []
    return [*changed, *asked]


def checked_changes(issuer: Issuer, changes: Mapping[str, Value]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return an issuer's settings and changed details as they are to be, and its changed bank details.

    Raises what `set_up_issuer` says, but for Overtaken.
    """
    unknown = set(changes) - {*ISSUER_FIELDS, *DETAIL_FIELDS, *BANK_FIELDS}
    if unknown:
        raise BadPreference(f"{', '.join(sorted(unknown))} cannot be set")
    wanted: dict[str, Any] = {name: getattr(issuer, name) for name in ISSUER_FIELDS} | dict(changes)
    _check_details(wanted)
    _check_settings(wanted)
    _check_tax_id(issuer, wanted)
    bank = {name: bank_details.checked(name, str(wanted.pop(name))) for name in BANK_FIELDS if name in wanted}
    return wanted, bank


def _check_details(wanted: dict[str, Any]) -> None:
    """Bring the details among `wanted` into the form in which they are kept."""
    for name, longest in LONGEST.items():
        if name in wanted:
            wanted[name] = _plain(name, str(wanted[name]), longest)
    if "email" in wanted:
        wanted["email"] = checked(str(wanted["email"]))
    if wanted.get("reply_to"):
        wanted["reply_to"] = checked(str(wanted["reply_to"]))
    if wanted.get("bookkeeper_email"):
        wanted["bookkeeper_email"] = checked_copy(str(wanted["bookkeeper_email"]))
    if wanted.get("colour"):
        wanted["colour"] = _colour(str(wanted["colour"]))
    if "locale" in wanted:
        wanted["locale"] = checked_locale(str(wanted["locale"]))
    if wanted.get("website"):
        wanted["website"] = checked_website(str(wanted["website"]))
    if "currency" in wanted:
        wanted["currency"] = str(wanted["currency"]).strip().upper()
        exponent(wanted["currency"])


def _check_tax_id(issuer: Issuer, wanted: dict[str, Any]) -> None:
    """An ABN with a slip of the fingers is refused at once; one of nothing only keeps GST from being sent."""
    fields = ("tax_id", "tax_label", "tax_name", "country")
    planned = Issuer(**{name: wanted.get(name, getattr(issuer, name)) for name in fields})
    if wanted.get("tax_id") and lacks_abn(planned):
        raise BadPreference(f"tax_id: {wanted['tax_id']!r} is not a valid ABN, such as 51 824 753 556")


def _colour(text: str) -> str:
    found = text.strip().lower()
    if not colours.is_colour(found):
        raise BadPreference(f"{text[:20]!r} is not a colour such as #2563eb")
    return found


def _plain(name: str, text: str, longest: int) -> str:
    found = text.strip()
    if len(found) > longest:
        raise BadPreference(f"{name} can have at most {longest} characters")
    if not all(c.isprintable() or (c == "\n" and name in SEVERAL_LINES) for c in found):
        raise BadPreference(f"{name} contains a character that cannot be printed")
    return found


def _check_settings(wanted: dict[str, Any]) -> None:
    calendar_of(Issuer(**{name: wanted[name] for name in ISSUER_FIELDS}))
    if wanted["ladder"]:
        wanted["ladder"] = ladder.write(ladder.checked(str(wanted["ladder"])))
    rate_of(str(wanted["sender_rate"]))
    if not 0 <= int(wanted["reminder_cap"]) <= 100 or int(wanted["reminder_minimum"]) < 0:
        raise BadPreference(
            "maximum reminders must be between 0 and 100, and the minimum balance cannot be negative"
        )
    if not 1 <= int(wanted["reminder_gap"]) <= MOST_GAP:
        raise BadPreference(
            f"between the first email and the first reminder there must be 1 to {MOST_GAP} business days"
        )
    limit = wanted["refund_approval_from"]
    if limit is not None and not 0 < int(limit) <= MOST_APPROVAL_FROM:
        raise BadPreference("the sum from which refunds need approval must be above zero, or empty for none")
    day = wanted["statement_day"]
    if day is not None and not 1 <= int(day) <= LAST_STATEMENT_DAY:
        raise BadPreference(f"the day of statements must be between 1 and {LAST_STATEMENT_DAY}, or empty")
    days = wanted["link_days"]
    if days is not None and not 0 <= int(days) <= MOST_LINK_DAYS:
        raise BadPreference(f"pay links must expire 0 to {MOST_LINK_DAYS} days after the due date, or never")
    if not 0 <= int(wanted["application_fee"]) <= MOST_FEE:
        raise BadPreference(f"the platform's fee must be between 0 and {MOST_FEE // 100} per cent")
