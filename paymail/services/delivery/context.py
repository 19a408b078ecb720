"""What delivering is given (ADR 0001: several transactions, none of them open while rendering or sending)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from paymail.ports.mail import Mailer
from paymail.ports.rendering import Writer
from paymail.services.core.contexts import GatewayContext
from paymail.services.delivery.outcomes import RetryPolicy


@dataclass(frozen=True, slots=True)
class DeliveryContext(GatewayContext):
    """All that delivering needs. `failpoint(name)` does nothing in production; fault tests die there."""

    writer: Writer
    mailer: Mailer
    public_url: str
    lease: timedelta
    retries: RetryPolicy
    sender_rate: int = 0
    """Emails a minute of issuers without a rate of their own; 0 is no limit."""
    failpoint: Callable[[str], None] = lambda _name: None
    pause: Callable[[float], None] = time.sleep
    stopping: Callable[[], bool] = lambda: False
    """Whether the process is to end: then nothing more is begun on, and what is claimed is given back."""
