"""Signed webhooks, sent by a thread of their own and tried again when refused."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import threading
import time

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.deliveries import Delivery, Schedule
from paymail.sandbox.errors import Json
from paymail.sandbox.store import Store
from paymail.sandbox.wire import WireError, post

logger = logging.getLogger(__name__)


def signature(secret: str, moment: int, payload: bytes) -> str:
    """Return the Stripe-Signature header for a payload."""
    signed = f"{moment}.".encode() + payload
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


class Webhooks:
    """The delivering thread; events survive a restart by their `pending_webhooks` mark."""

    def __init__(self, config: SandboxConfig, store: Store) -> None:
        """Take the target from the config; without one, nothing is ever sent."""
        self._config = config
        self._store = store
        self._schedule = Schedule(time.monotonic)
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._sent = 0

    def start(self) -> None:
        """Take up what an earlier run left, and start the thread."""
        if self._config.webhook_url is None or self._thread is not None:
            return
        left = [event["id"] for _, event in self._store.owners("event") if event["pending_webhooks"]]
        self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
        self._thread.start()
        self.enqueue(left)

    def stop(self) -> None:
        """End the thread after the delivery under way."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(self._config.webhook_timeout_s + 1)

    def enqueue(self, event_ids: list[str]) -> None:
        """Plan the delivery of those committed events that the endpoint listens to."""
        if self._config.webhook_url is None:
            return
        for event_id in event_ids:
            if not self._wanted(event_id):
                self._settled(event_id)
        event_ids = [event_id for event_id in event_ids if self._wanted(event_id)]
        with self._changed:
            dropped = [event_id for event_id in event_ids if not self._schedule.add(event_id)]
            self._changed.notify_all()
        for event_id in dropped:
            self._settled(event_id)

    def _wanted(self, event_id: str) -> bool:
        config = self._config
        if config.webhook_events == ("*",) and config.webhook_connect and config.webhook_enabled:
            return True
        event = self._store.get("event", event_id) or {}
        listens = "*" in config.webhook_events or event.get("type") in config.webhook_events
        return config.webhook_enabled and listens and config.webhook_connect == ("account" in event)

    def control(self, params: Json) -> Json:
        """Change the rules and return the state."""
        with self._changed:
            self._schedule.rules = self._schedule.rules.changed(params)
            self._changed.notify_all()
            return {**self._schedule.state(), "sent": self._sent, "url": self._config.webhook_url}

    def _run(self) -> None:
        while True:
            with self._changed:
                delivery = None
                while not self._stopping and (delivery := self._schedule.take()) is None:
                    self._changed.wait(self._schedule.wait_s())
                if delivery is None:
                    return
                spoiled = self._schedule.spoil_signature()
            self._deliver(delivery, spoiled=spoiled)

    def _deliver(self, delivery: Delivery, *, spoiled: bool) -> None:
        event = self._store.get("event", delivery.event_id)
        if event is None:
            return
        accepted = self._send(event, spoiled=spoiled)
        last = delivery.attempt >= self._config.webhook_attempts
        with self._changed:
            if not accepted and not last:
                wait = self._config.webhook_retry_base_s * 2 ** (delivery.attempt - 1)
                self._schedule.again(delivery, min(wait, 60.0))
            self._sent += accepted
            open_copies = self._schedule.waiting_for(delivery.event_id)
        if not open_copies:
            self._settled(delivery.event_id)

    def _send(self, event: Json, *, spoiled: bool) -> bool:
        payload = json.dumps(event, indent=2).encode()
        secret = self._config.webhook_secret + ("-wrong" if spoiled else "")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (paymail sandbox)",
            "Stripe-Signature": signature(secret, int(time.time()), payload),
        }
        try:
            reply = post(self._config.webhook_url or "", payload, headers, self._config.webhook_timeout_s)
        except WireError as error:
            logger.info("webhook %s not delivered: %s", event["type"], error)
            return False
        return 200 <= reply.status < 300

    def _settled(self, event_id: str) -> None:
        with self._store.transaction():
            event = self._store.get("event", event_id)
            if event is not None:
                self._store.save({**event, "pending_webhooks": 0})
