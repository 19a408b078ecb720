"""A storm of payments: webhooks copied, shuffled, delayed, lost and badly signed, and Stripe failing.

Customers, staff, workers and the reconciler run side by side. All draws come from one seed; the order in
which threads meet does not.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from paymail.models import (
    AttemptStatus,
    GatewayEvent,
    GatewayEventState,
    Invoice,
    Payment,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from paymail.services import reconciliation
from paymail.services.payments import intent_cancellation, webhook_inbox
from paymail.services.refunds import refund_requests
from tests.factories import make_invoice
from tests.faults.ledger_check import Evidence, gather
from tests.faults.market import Market
from tests.faults.shoppers import Shopper, Staff

ACCOUNT = "acct_sandbox"
FAULTS = ("500", "500_after", "429", "timeout_after", "disconnect_after")
PLACES = ("/v1/payment_intents", "/v1/refunds", "/v1/events")
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Weather:
    """How many payments, how many customers at a time, and how much goes wrong."""

    payments: int
    customers: int = 8
    copies: int = 5
    drop_every: int = 6
    delay: float = 0.1
    fault_every: float = 0.4
    """Seconds between two faults of Stripe's."""
    reconcile_every: float = 0.5
    """Seconds; a turn lists the events of the last quarter of an hour again, which are all in a storm."""
    seed: int = 1
    patience: float = 120.0


@dataclass(slots=True)
class Tally:
    """What was done, by whom."""

    parts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    staff: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    missed: int = 0
    """Events that no webhook had brought when the reconciler read them."""
    seconds: float = 0.0


class PayStorm:
    """One storm over a market."""

    def __init__(self, market: Market, weather: Weather) -> None:
        self._market, self._weather = market, weather
        self._cashier = market.app.gateway_context()
        self._over = threading.Event()
        self._staff = Staff(market, weather.seed)
        self.tally = Tally()

    def run(self) -> Evidence:
        """Let it rage, calm down, and return the evidence."""
        started = time.monotonic()
        tokens = self._invoices()
        helpers = [
            *(threading.Thread(target=self._repeat, args=(self._work, 0.02)) for _ in range(WORKERS)),
            threading.Thread(target=self._repeat, args=(self._reconcile, self._weather.reconcile_every)),
            threading.Thread(target=self._repeat, args=(self._break, self._weather.fault_every)),
        ]
        self._spoil()
        for helper in helpers:
            helper.start()
        with ThreadPoolExecutor(self._weather.customers) as crowd:
            list(crowd.map(self._shop, tokens, tokens.values()))
        self._over.set()
        for helper in helpers:
            helper.join()
        self._calm()
        self.tally.staff = self._staff.done
        self.tally.seconds = time.monotonic() - started
        return gather(self._market, ACCOUNT)

    def _invoices(self) -> dict[int, str]:
        tokens: dict[int, str] = {}
        for first in range(1, self._weather.payments + 1, 100):
            with self._market.app.transaction() as session:
                for number in range(first, min(first + 100, self._weather.payments + 1)):
                    drawn = random.Random(self._weather.seed * 7919 + number)
                    made = make_invoice(
                        session, invoice_id=number, subtotal=drawn.randint(5000, 90000), tax=0
                    )
                    made.part_minimum = 1000
                    tokens[number] = made.payment_token or ""
        return tokens

    def _shop(self, number: int, token: str) -> None:
        drawn = random.Random(self._weather.seed * 1_000_003 + number)
        try:
            part = Shopper(self._market, number, token, drawn).act()
            self.tally.parts[part] += 1
        except Exception as error:
            self.tally.failures.append(f"customer {number}: {type(error).__name__}: {error}")
        if drawn.random() < 0.25:
            self._staff.meddle(drawn.randint(max(1, number - 3), number))

    def _repeat(self, work: Callable[[], object], pause: float) -> None:
        while not self._over.wait(pause):
            try:
                work()
            except SQLAlchemyError:
                continue  # as a worker does: the database was busy, and the row is still there
            except Exception as error:
                self.tally.failures.append(f"{work.__name__}: {type(error).__name__}: {error}")

    def _work(self, limit: int = 20) -> int:
        """What the sweep does about money."""
        return (
            webhook_inbox.work_events(self._cashier, limit=limit)
            + intent_cancellation.cancel_marked(self._cashier, limit=limit)
            + refund_requests.carry_out(self._cashier, limit=limit)
        )

    def _reconcile(self) -> None:
        self.tally.missed += reconciliation.catch_up(self._cashier, live=False).events

    def _spoil(self) -> None:
        weather = self._weather
        self._market.control(
            "webhooks",
            duplicates=weather.copies - 1,
            delay_s=weather.delay,
            drop_every=weather.drop_every,
            reorder=True,
        )

    def _break(self) -> None:
        """One more fault of Stripe's, and a badly signed delivery; the order of webhooks changes its mind."""
        number = sum(self.tally.faults.values())
        drawn = random.Random(self._weather.seed * 104_729 + number)
        kind = drawn.choice(FAULTS)
        self._market.control("faults", kind=kind, path=drawn.choice(PLACES), delay=1.5)
        self._market.control("webhooks", bad_signature=2, reorder=drawn.random() < 0.5)
        self._market.control("advance")
        self.tally.faults[kind] += 1

    def _calm(self) -> None:
        """No faults any more; time passes until nothing is open."""
        self._market.control("faults", "DELETE")
        self._market.control(
            "webhooks", duplicates=0, delay_s=0, drop_every=0, reorder=False, bad_signature=0
        )
        deadline = time.monotonic() + self._weather.patience
        quiet = 0
        while quiet < 2:
            if time.monotonic() > deadline:
                raise TimeoutError(f"it does not come to rest: {self._open()}")
            self._market.control("advance")
            self._market.clock.jumped += timedelta(hours=2)
            worked = self._work(500)
            if not worked:  # what is waiting already need not be listed again
                self._reconcile()
            waiting = self._market.control("webhooks", "GET")["waiting"]
            quiet = quiet + 1 if not (worked or waiting or self._open()) else 0
        self._look_once_more()

    def _look_once_more(self) -> None:
        # Attempts that nobody pays are asked about rarely, so all are asked once more.
        with self._market.app.transaction() as session:
            session.query(PaymentAttempt).update({"look_at": None})
        for _ in range(1 + self._weather.payments // 200):
            self._reconcile()
        self._work()

    def _open(self) -> int:
        with self._market.app.reading() as session:
            events = select(func.count()).where(GatewayEvent.state == GatewayEventState.RECEIVED)
            refunds = select(func.count()).where(
                Refund.status.in_((RefundStatus.REQUESTED, RefundStatus.PENDING))
            )
            attempts = select(func.count()).where(
                PaymentAttempt.status.in_((AttemptStatus.CANCELLING, AttemptStatus.PROCESSING))
            )
            return sum(session.scalar(one) or 0 for one in (events, refunds, attempts))

    def figures(self) -> dict[str, int]:
        """Return what is worth a line."""
        with self._market.app.reading() as session:
            sources = session.execute(select(Payment.source, func.count()).group_by(Payment.source))
            by_source = {f"recorded by {source}": count for source, count in sources}
            invoices = session.scalar(select(func.count()).select_from(Invoice)) or 0
            overpaid = session.scalar(select(func.count()).where(Invoice.shortfall < 0)) or 0
        webhooks = {f"webhooks answered {s}": n for s, n in sorted(self._market.webhooks.items())}
        missed = {"events found by the reconciler": self.tally.missed}
        faults = {"faults of Stripe's": sum(self.tally.faults.values())}
        ends = {"overpaid": overpaid, "seconds": round(self.tally.seconds)}
        return {"invoices": invoices, **by_source, **webhooks, **missed, **faults, **self.tally.staff, **ends}
