"""One running sandbox: its store, its faults, its journal and its webhooks."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from paymail.sandbox.calls import Call
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.confirmation import settle
from paymail.sandbox.errors import ApiError, Json
from paymail.sandbox.faults import Faults
from paymail.sandbox.journal import Journal
from paymail.sandbox.refunds import settle_refund
from paymail.sandbox.store import Store
from paymail.sandbox.webhooks import Webhooks


class Sandbox:
    """What all requests share."""

    def __init__(self, config: SandboxConfig) -> None:
        """Open the store; the webhook thread starts with the application."""
        self.config = config
        self.store = Store(config.state_path)
        self.faults = Faults()
        self.journal = Journal()
        self.webhooks = Webhooks(config, self.store)
        self.in_flight: set[tuple[str, str]] = set()
        registered = {account["id"] for _, account in self.store.owners("account")}
        self._accounts = {config.platform_account, *config.accounts, *registered}

    def has_account(self, account: str) -> bool:
        """Say whether the platform may act on this account."""
        return account in self._accounts

    def register_account(self, account: str, *, charges: bool = True, kind: str = "standard") -> None:
        """Connect another account to the platform, of a kind (standard, express or custom).

        Without `charges` it may not be paid yet.
        """
        if not re.fullmatch(r"acct_\w+", account):
            raise ApiError("An account id is acct_ and letters, digits or _.", param="id")
        if account not in self._accounts:
            with self.store.transaction():
                body = {"id": account, "object": "account", "created": int(time.time())}
                self.store.insert(account, body | {"_charges_enabled": charges, "_type": kind})
            self._accounts.add(account)

    @contextmanager
    def call(self, account: str, **details: Any) -> Iterator[Call]:
        """Run a block as one transaction on an account, then send its events."""
        call = Call(self.config, self.store, account, int(time.time()), **details)
        with self.store.transaction():
            yield call
        self.webhooks.enqueue(call.emitted)

    def advance(self, intent_id: str | None = None, min_age_s: float = 0.0) -> list[Json]:
        """Let the banks answer for payments that are processing, and for refunds that are under way."""
        moved = []
        for account, intent in self.store.owners("payment_intent"):
            waiting = intent["status"] == "processing" and intent_id in (None, intent["id"])
            if waiting and time.time() - intent["_processing_since"] >= min_age_s:
                with self.call(account) as call:
                    fresh = call.need("payment_intent", intent["id"])
                    if fresh["status"] == "processing":
                        moved.append(settle(call, fresh))
        return moved + self._advance_refunds(intent_id, min_age_s)

    def _advance_refunds(self, intent_id: str | None, min_age_s: float) -> list[Json]:
        moved = []
        for account, refund in self.store.owners("refund"):
            waiting = refund.get("_course") and intent_id in (None, refund["payment_intent"])
            if waiting and time.time() - refund["created"] >= min_age_s:
                with self.call(account) as call:
                    moved.append(settle_refund(call, call.need("refund", refund["id"])))
        return moved

    def ledger(self) -> Json:
        """Return the succeeded charges and the refunds of each account."""
        books: Json = {}
        for account, charge in self.store.owners("charge"):
            if charge["paid"]:
                books.setdefault(account, {"charges": [], "refunds": []})["charges"].append(charge)
        for account, refund in self.store.owners("refund"):
            books.setdefault(account, {"charges": [], "refunds": []})["refunds"].append(refund)
        return {"accounts": books}
