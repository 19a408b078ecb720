"""What the pay page says of a payment that waits for the customer's own act."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from paymail.money import Money
from paymail.services.core.calendar import zone_of
from paymail.services.ledger.awaited_payments import AwaitedPayment
from paymail.settings import Settings

_CODES = ("boleto", "konbini", "multibanco", "oxxo")
_STRIPE = "stripe.com"


class Act(StrEnum):
    """What the customer has to do."""

    CODE = "code"
    """Pay with the code that they were given."""
    TRANSFER = "transfer"
    DEPOSITS = "deposits"
    """Confirm their bank account by small deposits."""
    APPROVAL = "approval"
    """Approve the payment in their bank's app; the result follows within a minute or so."""


@dataclass(frozen=True, slots=True)
class WaitingView:
    """A payment that waits, as its customer sees it."""

    intent_id: str
    act: Act
    method: str
    amount: Money
    until: datetime | None
    zone: str
    """The issuer's, in which the end is written."""
    over: bool
    instructions: str = field(repr=False)
    """The address of Stripe's page with the code or the bank details; empty when there is none."""


def waiting_view(awaited: AwaitedPayment, zone: str, settings: Settings, now: datetime) -> WaitingView:
    """Return what the page shows. `zone` is the issuer's. Raises BadCalendar."""
    return WaitingView(
        intent_id=awaited.intent_id,
        act=_act(awaited),
        method=awaited.name,
        amount=awaited.amount,
        until=awaited.until,
        zone=zone_of(zone).key,
        over=awaited.over(now),
        instructions=awaited.instructions_url if trusted(awaited.instructions_url, settings) else "",
    )


def _act(awaited: AwaitedPayment) -> Act:
    if awaited.kind == "customer_balance":
        return Act.TRANSFER
    if awaited.kind in _CODES:
        return Act.CODE
    if awaited.instructions_url:
        return Act.DEPOSITS if awaited.kind.endswith(("bank_account", "debit")) else Act.CODE
    return Act.APPROVAL


def trusted(url: str, settings: Settings) -> bool:
    """Whether an address is a page of Stripe's, or of the sandbox where that stands in for it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if settings.sandboxed:
        ours = urlsplit(settings.sandbox_url)
        return (parts.scheme, parts.netloc) == (ours.scheme, ours.netloc)
    host = parts.hostname or ""
    stripes = host == _STRIPE or host.endswith(f".{_STRIPE}")
    return parts.scheme == "https" and stripes and port is None and "@" not in parts.netloc
