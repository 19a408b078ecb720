"""What use cases with several transactions are given (ADR 0001)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.ports.payments import Gateway
from paymail.services.core.listed_intents import ListedIntents


@dataclass(frozen=True, slots=True)
class Context:
    """How such a use case opens a transaction, and what time it is (UTC, aware) whenever it asks."""

    transaction: Callable[[], AbstractContextManager[Session]]
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class GatewayContext(Context):
    """What use cases that speak to the payment provider are given."""

    gateway: Gateway
    listed_intents: ListedIntents = field(default_factory=ListedIntents, kw_only=True)
    """Kept by the process."""
