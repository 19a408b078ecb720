"""What a request handler is given: who asks, for what, and where to write."""

from __future__ import annotations

from dataclasses import dataclass, field

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.errors import Json, no_such
from paymail.sandbox.ids import new_id
from paymail.sandbox.store import Store
from paymail.sandbox.view import visible


@dataclass
class Call:
    """One unit of work on one account, inside one transaction of the store."""

    config: SandboxConfig
    store: Store
    account: str
    now: int
    params: Json = field(default_factory=dict)
    path_id: str = ""
    public: bool = False
    base_url: str = ""
    request_id: str | None = None
    idempotency_key: str | None = None
    emitted: list[str] = field(default_factory=list)

    def need(self, kind: str, object_id: str, param: str = "id") -> Json:
        """Return an object of this account, or refuse with resource_missing."""
        found = self.store.get(kind, object_id, self.account)
        if found is None:
            raise no_such(kind, object_id, param)
        return found

    def emit(self, kind: str, subject: Json) -> None:
        """Record an event about the object as it is now; it is delivered after the commit."""
        event: Json = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": self.config.api_version,
            "created": self.now,
            "data": {"object": visible(subject)},
            "livemode": False,
            "pending_webhooks": 1 if self.config.webhook_url else 0,
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": kind,
        }
        if self.account != self.config.platform_account:
            event["account"] = self.account
        self.store.insert(self.account, event, label=kind)
        self.emitted.append(event["id"])
