"""Workers of the state machine test: the real delivery, standing still at every point until told to go on.

Each runs in a greenlet, so that any number of them can be between any two points at once, in one thread and
in an order that the test decides. No transaction is open at a point, so they share one connection.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from greenlet import getcurrent, greenlet

from paymail.ports.mail import Envelope, Handover, Outcome, Verdict
from paymail.services.delivery import deliveries
from paymail.services.delivery.deliveries import DeliveryContext
from tests.faults.model import Claim

DONE = "done"
ANSWERS = {
    "accepted": Outcome(Verdict.SENT, 250, "250 ok", "dot"),
    "accepted, but silent": Outcome(Verdict.UNKNOWN, 0, "no answer", "dot"),
    "lost, and silent": Outcome(Verdict.UNKNOWN, 0, "no answer", "dot"),
    "later": Outcome(Verdict.DEFERRED, 451, "451 later", "dot"),
    "never": Outcome(Verdict.FAILED, 554, "554 no", "dot"),
}
BEFORE_THE_DOT = {
    "go on": None,
    "later": Outcome(Verdict.DEFERRED, 450, "450 busy", "RCPT"),
    "never": Outcome(Verdict.FAILED, 550, "550 nobody", "RCPT"),
}


def stand_still(point: str) -> str:
    """Wait at a point; return what the test says when it lets the worker go on."""
    told: str = getcurrent().parent.switch(point)
    return told


class StagedMailer:
    """Asks the test what the mail server does before the dot and after it."""

    def __init__(self, handed: Callable[[str, str], None]) -> None:
        self._handed = handed

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        refused = BEFORE_THE_DOT[stand_still("body")]
        if refused is not None:
            return refused
        if not handover():
            return Outcome(Verdict.STOPPED, phase="handover")
        answer = stand_still("dot")
        self._handed(envelope.message_id, answer)
        return ANSWERS[answer]

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class StagedWorker:
    """One delivery under way: the point at which it stands, and what the model says that it holds."""

    run: greenlet
    at: str
    claim: Claim | None = None
    verdict: str = ""

    def go_on(self, told: str = "") -> str:
        """Let it run to its next point, or to its end."""
        reached = self.run.switch(told)
        self.at = reached if isinstance(reached, str) else DONE
        return self.at

    def crash(self) -> None:
        """End it where it stands: nothing that it would have done next is done."""
        self.run.throw()
        self.at = DONE


def start(post: DeliveryContext) -> StagedWorker:
    """Start a delivery of whatever is due; it stands at its first point, or is done."""
    run = greenlet(lambda _told: deliveries.deliver(replace(post, failpoint=stand_still)))
    worker = StagedWorker(run, "")
    worker.go_on()
    return worker
