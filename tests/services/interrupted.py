"""Stripe's ledger at which something else happens in the middle of a call."""

from collections.abc import Callable
from typing import Any

from paymail.ports.payments import Intent
from tests.factories import LedgerGateway


class Interrupted(LedgerGateway):
    """Something else happens, once, after Stripe created or read an intent, or before it cancelled one."""

    def __init__(self) -> None:
        super().__init__()
        self.after_create: Callable[[], object] | None = None
        self.after_retrieve: Callable[[], object] | None = None
        self.before_cancel: Callable[[], object] | None = None

    def create_intent(self, **asked: Any) -> Intent:
        made = super().create_intent(**asked)
        self._let("after_create")
        return made

    def retrieve_intent(self, **asked: Any) -> Intent:
        read = super().retrieve_intent(**asked)
        self._let("after_retrieve")
        return read

    def cancel_intent(self, **asked: Any) -> Intent:
        self._let("before_cancel")
        return super().cancel_intent(**asked)

    def _let(self, moment: str) -> None:
        work = getattr(self, moment)
        setattr(self, moment, None)
        if work:
            work()
