"""How tries ended, until that is recorded: with the hand-over of the next message, or by itself."""

from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail import observability, request_ids
from paymail.models import Message
from paymail.ports.mail import Outcome, Verdict
from paymail.services.delivery import outcomes
from paymail.services.delivery.context import DeliveryContext
from paymail.services.outbox.queue import Claim

log = observability.logger(__name__)

RECORD_AGAIN = (0.2, 1.0, 3.0)
"""Seconds between tries to record an outcome: the restart of a database, well within a lease."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A try whose outcome is not recorded yet. `message` is its row, where it is known."""

    claim: Claim
    outcome: Outcome
    message: Message | None = None


class Ends:
    """The outcomes that are not recorded yet; what the server said is known only here."""

    def __init__(self, context: DeliveryContext) -> None:
        self._context = context
        self._ended: list[Ended] = []
        self.failing: set[str] = set()
        """Gates that a success opens."""
        self._in_doubt = False
        """Whether they may be committed already: the connection was lost, perhaps after that."""

    def add(self, ended: Ended) -> None:
        """Take an outcome in; `record`, or `write` and `written`, are to follow."""
        self._ended.append(ended)

    def may_wait(self, ended: Ended) -> bool:
        """Whether an outcome may be written with the next hand-over: it concerns nothing but its message.

        Gates and notices to staff take other locks, which a hand-over is not to wait for.
        """
        plain = ended.outcome.verdict is Verdict.SENT and not ended.outcome.refused
        return plain and not self._opens_gate(ended.message)

    def record(self) -> None:
        """Record what is not recorded yet, each in a transaction of its own.

        A failing database is asked again; what it cannot be told then is left to the lease.
        """
        while self._ended:
            ended, in_doubt = self._ended.pop(0), self._in_doubt
            for pause in (*RECORD_AGAIN, None):
                try:
                    with self._context.transaction() as session:
                        if not (in_doubt and outcomes.is_recorded(session, claim=ended.claim)):
                            self._write(session, ended)
                    break
                except SQLAlchemyError:
                    in_doubt = True
                    if pause is None:
                        raise
                    number = ended.claim.message_id
                    log.warning("database failed; recording again", message_id=number, exc_info=True)
                    self._context.pause(pause)
            _tell(ended)
        self._in_doubt = False

    def doubt(self) -> None:
        """The transaction that they were written in failed, or so it seems."""
        self._in_doubt = True

    def write(self, session: Session) -> None:
        """Write them in a transaction of somebody else, who says `written` once it is committed."""
        for ended in self._ended:
            self._write(session, ended)

    def written(self) -> None:
        """They are committed."""
        for ended in self._ended:
            _tell(ended)
        self._ended.clear()

    def _write(self, session: Session, ended: Ended) -> None:
        # Held here, or it would be forgotten at once, and read again.
        _known = session.merge(ended.message, load=False) if ended.message is not None else None
        write = outcomes.finish if self._opens_gate(ended.message) else outcomes.record
        now, retries = self._context.now(), self._context.retries
        write(session, claim=ended.claim, outcome=ended.outcome, now=now, retries=retries)

    def _opens_gate(self, message: Message | None) -> bool:
        return message is not None and not self.failing.isdisjoint(outcomes.gates_of(message))


def _tell(ended: Ended) -> None:
    number, outcome = ended.claim.message_id, ended.outcome
    with request_ids.bound(ended.claim.request_id):
        log.info("message tried", message_id=number, verdict=outcome.verdict, phase=outcome.phase)
