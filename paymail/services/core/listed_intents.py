"""Which payment intents an account has had since a restore, listed rarely and kept by the process.

Stripe's search would answer for one invoice, but lags behind; the list is complete at once (Stripe
documentation, "Search": data is searchable in under a minute under normal conditions).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from paymail.errors import Unavailable
from paymail.ports.payments import Gateway, IntentStatus

FRESH = timedelta(minutes=1)
"""New intents are looked for no more often than this."""
OVERLAP = timedelta(minutes=5)
"""How far each look goes back behind the one before: the clocks differ, and a list takes time."""
TURN = 5.0
"""Seconds that a payment waits for the list that another one is making."""


class BeingListed(Unavailable):
    """Another payment is asking Stripe for the account's intents."""

    code = "payments_being_checked"


@dataclass(slots=True)
class _Account:
    since: datetime
    listed_at: datetime
    of_invoice: dict[str, set[str]] = field(default_factory=dict)
    turn: Lock = field(default_factory=Lock)
    whole: bool = False
    """Whether the first list came to its end."""


class ListedIntents:
    """The intents that paymail made, by account and invoice: one list per account, then what is new since."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}
        self._lock = Lock()

    def of_invoice(
        self, gateway: Gateway, *, account: str, invoice_id: int, since: datetime, now: datetime
    ) -> set[str]:
        """Return the ids of an invoice's intents that were not cancelled when they were listed.

        Raises BeingListed, and the gateway's kinds.
        """
        with self._lock:
            found = self._accounts.get(account)
            if found is None or found.since > since:
                found = self._accounts[account] = _Account(since, now)
        if not found.turn.acquire(timeout=TURN):
            raise BeingListed("payments are being checked; please try again in a moment")
        try:
            if not found.whole:
                _list(gateway, account, found, since=found.since, now=now)
            elif now - found.listed_at >= FRESH:
                _list(gateway, account, found, since=found.listed_at - OVERLAP, now=now)
            return set(found.of_invoice.get(str(invoice_id), ()))
        finally:
            found.turn.release()


def _list(gateway: Gateway, account: str, found: _Account, *, since: datetime, now: datetime) -> None:
    for intent in gateway.recent_intents(account=account, since=int(since.timestamp())):
        # Without an attempt it is another program's.
        if intent.attempt_id and intent.status is not IntentStatus.CANCELED:
            found.of_invoice.setdefault(intent.invoice_id, set()).add(intent.id)
    found.listed_at, found.whole = now, True
