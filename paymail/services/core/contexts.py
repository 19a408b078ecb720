"""What use cases that speak to Stripe are given (ADR 0001)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.ports.payments import Gateway


@dataclass(frozen=True, slots=True)
class Cashier:
    """All that taking a payment needs."""

    transaction: Callable[[], AbstractContextManager[Session]]
    now: Callable[[], datetime]
    gateway: Gateway
