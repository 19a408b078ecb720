"""Webhook deliveries: which event goes out when, and how it is spoiled on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from paymail.sandbox.errors import ApiError, Json

# With `reorder`, events are held until none came for this long, then sent the newest first.
_QUIET_S = 0.25


@dataclass(frozen=True)
class WebhookRules:
    """How deliveries misbehave. Dropped ones are lost for good, as if Stripe gave up."""

    duplicates: int = 0
    delay_s: float = 0.0
    reorder: bool = False
    drop_every: int = 0
    bad_signature: int = 0
    paused: bool = False

    def changed(self, params: Json) -> WebhookRules:
        """Return the rules with a control request's values."""
        kinds: dict[str, type] = {name: type(value) for name, value in asdict(self).items()}
        for name, value in params.items():
            if name not in kinds or isinstance(value, str) or value is None:
                raise ApiError(f"A webhook rule is one of {', '.join(kinds)}.", param=name)
        return replace(self, **{name: kinds[name](value) for name, value in params.items()})


@dataclass
class Delivery:
    """One copy of an event on its way."""

    event_id: str
    due: float
    order: int
    attempt: int = 1
    held: bool = False


class Schedule:
    """The deliveries to come, without threads or clocks of its own."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Take a monotonic clock."""
        self.rules = WebhookRules()
        self._clock = clock
        self._waiting: list[Delivery] = []
        self._count = 0

    def add(self, event_id: str) -> bool:
        """Plan an event's copies; False if it is one of those to be dropped."""
        self._count += 1
        rules, now = self.rules, self._clock()
        if rules.drop_every and self._count % rules.drop_every == 0:
            return False
        order = -self._count if rules.reorder else self._count
        due = now + rules.delay_s + (_QUIET_S if rules.reorder else 0.0)
        if rules.reorder:
            for other in self._waiting:
                other.due = due if other.held else other.due
        for _ in range(1 + max(0, rules.duplicates)):
            self._waiting.append(Delivery(event_id, due, order, held=rules.reorder))
        return True

    def again(self, delivery: Delivery, wait: float) -> None:
        """Plan a delivery that was refused once more."""
        due = self._clock() + wait
        self._waiting.append(Delivery(delivery.event_id, due, delivery.order, delivery.attempt + 1))

    def take(self) -> Delivery | None:
        """Return a delivery that is due now."""
        now = self._clock()
        due = [item for item in self._waiting if item.due <= now]
        if self.rules.paused or not due:
            return None
        chosen = min(due, key=lambda item: item.order)
        self._waiting.remove(chosen)
        return chosen

    def wait_s(self) -> float | None:
        """Return how long until something is due; None means until something changes."""
        if self.rules.paused or not self._waiting:
            return None
        return max(0.0, min(item.due for item in self._waiting) - self._clock())

    def spoil_signature(self) -> bool:
        """Say whether this delivery gets a wrong signature, and count it."""
        if self.rules.bad_signature <= 0:
            return False
        self.rules = replace(self.rules, bad_signature=self.rules.bad_signature - 1)
        return True

    def waiting_for(self, event_id: str) -> bool:
        """Say whether a copy of the event is still to go."""
        return any(item.event_id == event_id for item in self._waiting)

    def state(self) -> Json:
        """Return the rules and how many deliveries wait."""
        return {**asdict(self.rules), "waiting": len(self._waiting)}
