"""Stripe as far as the debtors' intents go: one answer for each, from whoever knows what is true."""

from collections.abc import Callable

from paymail.ports.payments import Intent, IntentStatus
from tests.factories import LedgerGateway
from tests.faults import debtors


class Truth(LedgerGateway):
    """Answers with `status_of(number)` of the invoice whose intent is asked for."""

    def __init__(self, status_of: Callable[[int], IntentStatus]) -> None:
        super().__init__()
        self._status_of = status_of

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        number = int(intent_id.removeprefix("pi_"))
        return debtors.intent(number, self._status_of(number))
