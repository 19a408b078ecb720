"""A reminder goes out while its invoice is being paid: the payment starts at a drawn point of the delivery.

The payer is set off by the deliverer itself, as it passes the point, and then runs on its own thread and
connection after a wait of a few milliseconds; so every stretch of a delivery meets payments, and each
meeting is still a race. What Stripe says changes before the books do, as in life.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from paymail.models import Message
from paymail.ports.mail import Envelope, Handover, Mailer, Outcome
from paymail.ports.payments import Intent, IntentStatus
from paymail.services.delivery import deliveries
from paymail.services.delivery.deliveries import DeliveryContext
from tests.factories import PlainWriter
from tests.faults.modes import Mode
from tests.faults.office import Office, until
from tests.faults.truth import Truth
from tests.faults.worker import make_mailer

POINTS = ("start", "claimed", "prepared", "asked", "body", "handover")
"""Where a payment is set off; `asked` is when Stripe has answered, `body` just before the hand-over."""
JITTER = 0.008
"""Seconds; about what a stretch between two points takes."""
PAIRS = 3
TIMEOUT = 60.0
WEATHER = {Mode.OK: 8.0, Mode.RCPT_REJECT: 1.0, Mode.RCPT_DEFER: 1.0, Mode.DOT_DEFER: 1.0}
"""Refusals too: their records are written under other locks than those of a hand-over."""
_SUCCEEDED, _PROCESSING = IntentStatus.SUCCEEDED, IntentStatus.PROCESSING
_OPEN = IntentStatus.REQUIRES_PAYMENT_METHOD


@dataclass
class Tap:
    """Sets off the payment of one race at its point. Stands in for gateway, mailer and failpoint."""

    point: str
    truth: Truth
    mailer: Mailer
    off: threading.Event = field(default_factory=threading.Event)

    def pass_(self, name: str) -> None:
        if name == self.point:
            self.off.set()

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        """Ask Stripe; what is paid from here on, this answer does not know."""
        answer = self.truth.retrieve_intent(account=account, intent_id=intent_id)
        self.pass_("asked")
        return answer

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        def tapped() -> bool:
            self.pass_("body")
            return handover()

        return self.mailer.deliver(envelope, tapped)


@dataclass(slots=True)
class Tally:
    """How the races went: what each reminder came to, and transactions that had to be done again."""

    ends: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    seconds: float = 0.0


class Races:
    """Runs races over an office, a few pairs of deliverer and payer at a time."""

    def __init__(self, office: Office, *, seed: int = 1) -> None:
        self._office, self._seed = office, seed
        self._statuses: dict[int, IntentStatus] = {}
        self._truth = Truth(lambda number: self._statuses.get(number, _OPEN))
        self._mailer = make_mailer(office.orders.port)
        self._post = replace(office.app, writer=PlainWriter(), mailer=self._mailer).delivery_context()
        self._tally = Tally()

    def run(self, count: int) -> Tally:
        """Race `count` reminders against their payments; return when everything has ended."""
        started = time.monotonic()
        self._office.orders.give(weights=WEATHER)
        numbers = range(1, count + 1)
        for first in range(0, count, 50):
            assert self._office.driver.remind(numbers[first : first + 50])
        messages = self._messages()
        with ThreadPoolExecutor(PAIRS) as pairs:
            list(pairs.map(self._race, numbers, [messages[number] for number in numbers]))
        self._office.orders.give()
        self._finish()
        self._mailer.close()
        self._tally.ends = Counter(self._office.states_of("reminder"))
        self._tally.seconds = time.monotonic() - started
        return self._tally

    def _messages(self) -> dict[int, int]:
        with self._office.app.reading() as session:
            return dict(session.execute(select(Message.invoice_id, Message.message_id)).all())

    def _race(self, number: int, message_id: int) -> None:
        drawn = random.Random(self._seed * 1_000_003 + number)
        tap = Tap(drawn.choice(POINTS), self._truth, self._mailer)
        news = (_PROCESSING, _SUCCEEDED) if drawn.random() < 0.3 else (_SUCCEEDED,)
        waits = [drawn.uniform(0, JITTER) for _ in news]
        payer = threading.Thread(target=self._pay, args=(number, tap.off, news, waits))
        payer.start()
        post = replace(self._post, gateway=tap, mailer=tap, failpoint=tap.pass_)  # type: ignore[arg-type]
        tap.pass_("start")
        try:
            deliveries.deliver(post, message_id=message_id)
        except SQLAlchemyError:
            self._tally.repeated += 1  # as in a worker: the row is worked on again later
        tap.off.set()  # the delivery ended before its point
        payer.join(TIMEOUT)

    def _pay(
        self, number: int, off: threading.Event, news: Sequence[IntentStatus], waits: Sequence[float]
    ) -> None:
        off.wait(TIMEOUT)
        for status, wait in zip(news, waits, strict=True):
            time.sleep(wait)
            self._statuses[number] = status
            while not self._office.driver.tell(number, status):
                self._tally.repeated += 1  # as Stripe's webhook would

    def _finish(self) -> None:
        """Sweep until nothing is open, as the workers of a calm day do."""
        post: DeliveryContext = replace(self._post, gateway=self._truth)
        with ThreadPoolExecutor(PAIRS) as sweepers:
            while not self._office.all_ended():
                before = self._office.ended()
                until(lambda: self._sweep(sweepers, post) > before, TIMEOUT, self._office.states)  # noqa: B023

    def _sweep(self, sweepers: ThreadPoolExecutor, post: DeliveryContext) -> int:
        list(sweepers.map(lambda _n: deliveries.sweep(post), range(PAIRS)))
        return self._office.ended()
