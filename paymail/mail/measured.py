"""A mailer whose hand-overs are measured."""

from dataclasses import dataclass
from time import monotonic

from paymail import metrics
from paymail.ports.mail import Envelope, Handover, Mailer, Outcome


@dataclass(frozen=True, slots=True)
class MeasuredMailer:
    """Implements `ports.Mailer` by another one."""

    mailer: Mailer

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        """Deliver, and note how long it took and how it ended."""
        started = monotonic()
        outcome = self.mailer.deliver(envelope, handover)
        metrics.meters().smtp.labels(outcome.verdict.value).observe(monotonic() - started)
        return outcome

    def probe(self) -> Outcome:
        """Try everything but a mail; not measured."""
        return self.mailer.probe()

    def close(self) -> None:
        """Release connections."""
        self.mailer.close()
