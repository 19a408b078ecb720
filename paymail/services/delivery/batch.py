"""Some claimed messages, handed over one after the other.

The end of one message and the hand-over of the next are one transaction, so an email costs one commit. A
crash leaves at most two messages in doubt: the one whose end was not committed yet, and the next one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paymail import observability, request_ids, spans
from paymail.errors import PaymailError
from paymail.models import MessageKind, PaymentAttempt
from paymail.ports.mail import Outcome, Scope, Verdict
from paymail.services.delivery import preparation, writing
from paymail.services.delivery.context import DeliveryContext
from paymail.services.delivery.ends import Ended, Ends
from paymail.services.delivery.handover import begin_handover
from paymail.services.delivery.payment_check import ask_before_reminding
from paymail.services.delivery.preparation import Draft, Failure, Look, Ready
from paymail.services.delivery.writing import Page
from paymail.services.ledger.attempts import live_attempt
from paymail.services.outbox import claimed, queue
from paymail.services.outbox.queue import Claim

log = observability.logger(__name__)

MOST_CRASHES = 5
ASK_AGAIN = timedelta(minutes=15)
WRITING = timedelta(seconds=2)
"""How long letters are written before the first of them goes out; the others are given back."""
_PART_OF_LEASE = 4
"""The part of the lease after which the rest is given back: a slow mail server must not let it run out."""


class Batch:
    """The claims of one turn. What nobody has begun on is given back, whatever stops it short of a crash."""

    def __init__(self, context: DeliveryContext, claims: Sequence[Claim]) -> None:
        self._context = context
        self._rest = list(claims)
        """What is given back in the end."""
        self._began = context.now()
        self._look = Look([], set(), set())
        self._ready: list[Ready] = []
        self._ends = Ends(context)
        self._attempts: dict[int, PaymentAttempt | None] = {}
        """Live attempts of reminders' invoices, by message, as far as they were read ahead."""
        self._enough = False
        """Whether the rest is to be claimed anew: something urgent waits, or a gate was closed."""

    def deliver(self) -> int:
        """Prepare all, then hand over one after the other; return how many were given back."""
        try:
            self._prepare()
            self._hand_over_all()
        except Exception:
            with suppress(SQLAlchemyError):  # the first error is the one to tell of
                self._ends.record()
                self._give_back()
            raise
        self._ends.record()
        return self._give_back()

    @contextmanager
    def _at_risk(self, claims: Sequence[Claim]) -> Iterator[None]:
        """What goes wrong within has to do with these claims. They are left to their leases then, and each is
        tried alone after that: so what nobody foresaw about one of them stops no other for long."""
        rest, self._rest = self._rest, [claim for claim in self._rest if claim not in claims]
        yield
        self._rest = rest

    def _prepare(self) -> None:
        for claim in [claim for claim in self._rest if claim.crashes >= MOST_CRASHES]:
            # Its workers died every time: such a message must not kill the next one.
            detail = f"{claim.crashes} workers stopped while sending it"
            self._fail(claim, Outcome(Verdict.FAILED, detail=detail))
        if not self._rest:
            return
        claims = self._rest
        with self._at_risk(claims):
            self._look = preparation.look(self._context, claims)
        self._ends.failing = self._look.failing
        self._rest = [one.claim for one in self._look.found]
        self._write()

    def _write(self) -> None:
        pages: list[Page] = []
        for one in self._look.found:
            if isinstance(one, Failure):
                self._cannot_be_written(one.claim, one.error)
            elif isinstance(one, Ready):
                self._ready.append(one)
            elif not pages or self._context.now() - self._began <= WRITING:
                self._write_one(one, pages)
        if pages:
            with self._at_risk([page.draft.claim for page in pages]):
                kept = writing.keep(self._context, pages)
            lost = {page.draft.claim for page in pages} - {one.claim for one in kept}
            self._rest = [claim for claim in self._rest if claim not in lost]
            self._ready += kept
            order = {one.claim: place for place, one in enumerate(self._look.found)}
            self._ready.sort(key=lambda one: order[one.claim])

    def _write_one(self, draft: Draft, pages: list[Page]) -> None:
        with self._worked_on(draft.claim, "write"), self._at_risk([draft.claim]):
            try:
                written = self._context.writer.write(draft.letter)
            except PaymailError as error:
                failure: PaymailError | None = error
            else:
                failure = None
                pages.append(Page(draft, written))
                self._context.failpoint("written")
        if failure is not None:
            self._cannot_be_written(draft.claim, failure)

    def _cannot_be_written(self, claim: Claim, error: PaymailError) -> None:
        with request_ids.bound(claim.request_id):
            log.warning("email cannot be created", message_id=claim.message_id, code=error.code)
        self._fail(claim, Outcome(Verdict.FAILED, detail=str(error), phase="render"))

    def _fail(self, claim: Claim, outcome: Outcome) -> None:
        self._rest.remove(claim)
        self._ends.add(Ended(claim, outcome))
        self._ends.record()

    def _hand_over_all(self) -> None:
        first = True
        while self._ready and not self._must_stop(first):
            ready, first = self._ready.pop(0), False
            self._rest.remove(ready.claim)
            with self._worked_on(ready.claim, "deliver"):
                self._hand_over(ready)

    def _must_stop(self, first: bool) -> bool:
        if first or self._context.stopping():
            return self._context.stopping()
        late = self._context.now() - self._began > self._context.lease / _PART_OF_LEASE
        return self._enough or late

    @contextmanager
    def _worked_on(self, claim: Claim, name: str) -> Iterator[None]:
        with request_ids.bound(claim.request_id), spans.span(name) as span:
            span.say({"paymail.message_id": claim.message_id, "paymail.kind": str(claim.kind)})
            yield

    def _hand_over(self, ready: Ready) -> None:
        self._context.failpoint("prepared")
        if ready.claim.kind is MessageKind.REMINDER and not self._asked_stripe(ready):
            return
        outcome = self._try(ready)
        self._context.failpoint("answered")
        if outcome.verdict is Verdict.STOPPED:  # whoever stopped it has recorded why
            return
        ended = Ended(ready.claim, outcome, ready.seen.message)
        self._ends.add(ended)
        if not self._ends.may_wait(ended):
            self._ends.record()
        self._enough = self._enough or outcome.scope is not Scope.MESSAGE

    def _try(self, ready: Ready) -> Outcome:
        try:
            return self._context.mailer.deliver(ready.envelope, lambda: self._grant(ready))
        except SQLAlchemyError:
            # Raised by our own handover before the dot, so the server has nothing, committed or not.
            self._attempts.clear()  # read in what was rolled back, perhaps
            self._ends.doubt()
            log.warning("database failed at handover", message_id=ready.claim.message_id, exc_info=True)
            return Outcome(Verdict.DEFERRED, detail="the database failed before the handover")
        except PaymailError as error:
            # Also our own and before the dot: what the message depends on cannot be read (a broken calendar).
            return Outcome(Verdict.FAILED, detail=str(error), phase="handover")

    def _grant(self, ready: Ready) -> bool:
        """Commit the hand-over of a message, and with it the end of the one before."""
        with self._context.transaction() as session:
            allowed = begin_handover(
                session,
                claim=ready.claim,
                now=self._context.now(),
                lease=self._context.lease,
                seen=ready.seen,
                meanwhile=self._ends.write,
            )
            self._look_ahead(session, ready)
        self._ends.written()
        self._context.failpoint("handover")
        return allowed

    def _look_ahead(self, session: Session, present: Ready) -> None:
        if not self._ready:
            return
        following = self._ready[0].claim
        if following.kind is MessageKind.REMINDER:
            invoice_id = self._ready[0].seen.message.invoice_id
            self._attempts[following.message_id] = live_attempt(session, invoice_id=invoice_id)
        if not present.seen.message.urgent:
            shut, now = self._look.shut, self._context.now()
            self._enough = self._enough or claimed.urgent_waits(session, now=now, shut=shut)

    def _asked_stripe(self, ready: Ready) -> bool:
        context, message_id = self._context, ready.claim.message_id
        if message_id not in self._attempts:
            with context.transaction() as session:
                invoice_id = ready.seen.message.invoice_id
                self._attempts[message_id] = live_attempt(session, invoice_id=invoice_id)
        attempt = self._attempts.pop(message_id)
        if attempt is not None:
            self._ends.record()  # it may take Stripe some seconds to answer
        reason = ask_before_reminding(context, message_id=message_id, attempt=attempt)
        if reason:
            with context.transaction() as session:
                queue.put_back(session, claim=ready.claim, at=context.now() + ASK_AGAIN, reason=reason)
        return not reason

    def _give_back(self) -> int:
        rest, self._rest = self._rest, []
        if rest:
            with self._context.transaction() as session:
                claimed.give_back(session, claims=rest)
        return len(rest)
