"""A storm: messages queued and paid for while workers are killed, frozen and replaced at random.

All draws come from one seed. A strike falls each time another share of the messages has ended, so a run has
exactly as many kills as it was asked for, however fast the machine is.
"""

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.crew import Hand
from tests.faults.failpoints import KILLED, POINTS
from tests.faults.modes import FOUL, Mode
from tests.faults.office import Office

BATCH, BACKLOG = 10, 40
REMINDED, PAID = 5, 7
"""Every so many batches are reminders; every so many of their invoices are paid at once."""


@dataclass(frozen=True, slots=True)
class Weather:
    """What falls on the crew; every `outside_every` strikes also one of `outside`: database, broker."""

    messages: int
    kills: int
    crew: int = 3
    beats: int = 2
    """Beat processes at a time; one would do, and two must do no harm."""
    role: str = "worker"
    pools: tuple[str, ...] = ("threads",)
    weights: Mapping[Mode, float] = field(default_factory=lambda: FOUL)
    outside: Sequence[Callable[[], None]] = ()
    outside_every: int = 10
    seed: int = 1
    patience: float = 60.0
    """Seconds without any message ending after which the run is given up."""


@dataclass(slots=True)
class Damage:
    """What was done."""

    kills: int = 0
    points: int = 0
    """Processes that died at a named point."""
    freezes: int = 0
    outside: int = 0
    seconds: float = 0.0


class Storm:
    """One run over an office."""

    def __init__(self, office: Office, weather: Weather) -> None:
        self._office, self._weather = office, weather
        self._random = random.Random(weather.seed)
        self._damage = Damage()
        self._number = self._queued = 0
        self._frozen: dict[int, float] = {}
        self._owing: list[int] = []

    def run(self) -> Damage:
        """Queue, strike and replace until all messages have ended and all kills are done; then calm down."""
        started, weather = time.monotonic(), self._weather
        self._office.orders.give(weights=weather.weights, slow=0.3, silent=3.0)
        ended, moved = 0, time.monotonic()
        while self._queued < weather.messages or self._damage.kills < weather.kills:
            now_ended = self._office.ended()
            if now_ended != ended:
                ended, moved = now_ended, time.monotonic()
            if time.monotonic() - moved > weather.patience:
                raise TimeoutError(f"nothing ends any more: {self._office.states()}")
            self._queue(ended)
            self._keep_crew()
            if self._damage.kills < weather.kills and ended >= self._next_strike():
                self._strike()
            time.sleep(0.02)
        self._calm()
        self._damage.seconds = time.monotonic() - started
        return self._damage

    def _next_strike(self) -> float:
        # The last one while the last messages are still open: after that there is nothing to break.
        usable = max(self._weather.messages - BACKLOG, 1)
        return usable * (self._damage.kills + 1) / (self._weather.kills + 1)

    def _queue(self, ended: int) -> None:
        self._owing = [number for number in self._owing if not self._office.driver.tell(number)]
        if self._queued >= self._weather.messages or self._queued - ended > BACKLOG:
            return
        # New numbers also after a failure: whether that commit came through is not known.
        batch = range(self._number + 1, self._number + BATCH + 1)
        self._number += BATCH
        reminding = (self._number // BATCH) % REMINDED == 0 and self._weather.role == "worker"
        queue = self._office.driver.remind if reminding else self._office.driver.queue
        if queue(batch):
            self._queued += BATCH
            self._owing += [number for number in batch if reminding and number % PAID == 0]

    def _keep_crew(self) -> None:
        office, hands = self._office, self._hands()
        for hand in hands:
            if hand.paused:  # at a named point, between two transactions
                since = self._frozen.setdefault(hand.pid, time.monotonic())
                if time.monotonic() - since > 1.5 * office.lease:
                    del self._frozen[hand.pid]
                    hand.resume()
        for _ in range(self._weather.crew - len(hands)):
            self._hire()
        for _ in range(self._weather.beats - len(office.crew.at_work("beat"))):
            office.crew.hire("beat")

    def _hands(self) -> list[Hand]:
        return self._office.crew.at_work(self._weather.role)

    def _hire(self) -> None:
        if self._weather.role != "worker":
            self._office.crew.hire(self._weather.role)
            return
        action = self._random.choices(["", "die", "stop"], [6, 3, 1])[0]
        visits = self._random.randint(2, 40)
        order = f"{action}@{self._random.choice(POINTS)}#{visits}" if action else ""
        self._office.worker(order, pool=self._random.choice(self._weather.pools))

    def _strike(self) -> None:
        """Kill a process; sometimes freeze another one, or hit the database or the broker as well."""
        hands = [hand for hand in self._hands() if not hand.paused]
        beats = self._office.crew.at_work("beat")
        if not hands:
            return
        self._kill(self._random.choice(beats if beats and self._random.random() < 0.1 else hands))
        spared = [hand for hand in hands if hand.alive]
        if spared and self._random.random() < 0.1:
            self._freeze(self._random.choice(spared))
        if self._weather.outside and self._damage.kills % self._weather.outside_every == 0:
            self._random.choice(self._weather.outside)()
            self._damage.outside += 1

    def _kill(self, hand: Hand) -> None:
        self._damage.kills += 1
        children = hand.children()
        if children and self._random.random() < 0.5:
            hand.kill_child(self._random.choice(children))
        else:
            hand.kill()

    def _freeze(self, hand: Hand) -> None:
        # Woken by a clock of its own: frozen in a transaction, it may hold a lock that this thread waits for.
        hand.pause()
        threading.Timer(1.5 * self._office.lease, hand.resume).start()
        self._damage.freezes += 1

    def _calm(self) -> None:
        """No faults any more: wake the frozen, hire a whole crew, wait until everything has ended."""
        office = self._office
        office.orders.give()
        for hand in self._hands():
            hand.resume()
        self._damage.points = sum(hand.ended_with == KILLED for hand in office.crew.hands)
        if self._weather.role == "worker":
            office.worker()
        while self._owing:
            self._owing = [number for number in self._owing if not office.driver.tell(number)]
        office.until_all_ended(self._weather.patience * 3)
