"""The services beside their model: each thing that happens is done to both, and they are compared."""

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import pytest
from sqlalchemy import select

from paymail import db
from paymail.models import STATUS_MOVES, Base, InvoiceStatus, Message, check_move
from paymail.ports.payments import IntentStatus
from paymail.services.core.invoices import load_invoice
from paymail.services.delivery import outcomes
from paymail.services.delivery.deliveries import DeliveryContext
from paymail.services.delivery.outcomes import RetryPolicy
from paymail.services.outbox import reschedule
from paymail.services.payments import settlement
from paymail.services.reminders.by_hand import NotRemindable, remind_by_hand
from paymail.services.sending.invoice_emails import NotSendable, send_invoice
from tests.factories import NOW, PlainWriter
from tests.faults import debtors, staged
from tests.faults.agreement import agree
from tests.faults.model import DEADLINE, ENDED, LEASE, TRIES, Bill, Claim, Mail, Model
from tests.faults.staged import DONE, StagedMailer, StagedWorker
from tests.faults.steps import next_point
from tests.faults.truth import Truth

MOST_WORKERS = 3


class Twins:
    """The services on SQLite in memory, and the model; whatever is done is done to both."""

    def __init__(self) -> None:
        self.engine = db.make_engine("sqlite://")
        Base.metadata.create_all(self.engine)
        self.model = Model(NOW)
        self.workers: list[StagedWorker] = []
        self.handed: dict[str, list[str]] = {}
        self.owed_receipt = 0
        self.context = DeliveryContext(
            transaction=lambda: db.transaction(self.engine),
            now=lambda: self.model.now,
            writer=PlainWriter(),
            mailer=StagedMailer(lambda header, answer: self.handed.setdefault(header, []).append(answer)),
            gateway=Truth(self._truth),
            public_url="https://pay.example",
            lease=LEASE,
            retries=RetryPolicy(TRIES, DEADLINE),
        )
        for _ in range(2):
            self.new_bill()

    def close(self) -> None:
        self.engine.dispose()

    def new_bill(self) -> int:
        """Issue another invoice, with a customer who has its payment page open."""
        number = len(self.model.bills) + 1
        with db.transaction(self.engine) as session:
            debtors.make_debtor(session, number)
            debtors.open_intent(session, number, self.model.now)
        self.model.bills[number] = Bill()
        return number

    def _truth(self, number: int) -> IntentStatus:
        truth = self.model.bills[number].truth
        return IntentStatus("requires_payment_method" if truth == "open" else truth)

    def bill(self, pick: int) -> int:
        """Return one of the bills."""
        return pick % len(self.model.bills) + 1

    def busy_bill(self, pick: int) -> int:
        """Return the bill that the worker of this pick works on, or any."""
        chosen = pick % MOST_WORKERS
        if chosen < len(self.workers) and (claim := self.workers[chosen].claim):
            return self.model.mails[claim.mail].bill
        return self.bill(pick)

    def give_work(self, pick: int, kind: str) -> None:
        """Queue something new for a worker that would find nothing to do."""
        if pick % MOST_WORKERS < len(self.workers) or self.model.due():
            return
        number = self.new_bill()
        if kind == "invoice":
            self.queue_invoice(number)
        else:
            self.queue_reminder(number)

    def queue_invoice(self, bill: int) -> None:
        expected = self.model.invoice_email(bill)
        try:
            with db.transaction(self.engine) as session:
                queued = send_invoice(session, invoice_id=bill, actor="test", now=self.model.now)
        except NotSendable:
            assert expected == "refused"
            return
        assert expected == ("new" if queued.created else "the one there is")
        if queued.created:
            self.model.mails[queued.message_id] = Mail("invoice", bill, self.model.now)

    def queue_reminder(self, bill: int) -> None:
        model = self.model
        possible = model.bills[bill].payable and not model.reminders(bill, "handover")
        try:
            with db.transaction(self.engine) as session:
                queued = remind_by_hand(session, invoice_id=bill, actor="test", now=model.now)
        except NotRemindable:
            assert not possible
            return
        assert possible
        model.drop_reminders(bill)
        model.mails[queued.message_id] = Mail("reminder", bill, model.now)

    def claim(self) -> None:
        """Start a worker; it takes one message, if one is due."""
        due = self.model.due()
        worker = staged.start(self.context)
        if not due:
            assert worker.at == DONE
            return
        assert worker.at == "claimed"
        with db.reading(self.engine) as session:
            taken = [n for n in due if session.get_one(Message, n).fence > self.model.mails[n].fence]
        assert len(taken) == 1, "one claim takes one message that is due"
        worker.claim = self.model.claim(taken[0])
        self.workers.append(worker)

    def work(self, pick: int, steps: int, answer: str, before: str) -> None:
        """Let one of the workers go on by some points; a new one if it is its turn."""
        chosen = pick % MOST_WORKERS
        if chosen >= len(self.workers):
            self.claim()
        if chosen >= len(self.workers):
            return
        worker = self.workers[chosen]
        for _ in range(steps):
            if worker.at != DONE:
                self.step(worker, answer=answer, before=before)

    def step(self, worker: StagedWorker, *, answer: str, before: str) -> None:
        """Let a worker go on to its next point, and the model with it."""
        claim = worker.claim
        assert claim is not None
        told = {"body": before, "dot": answer}.get(worker.at, "")
        if worker.at == "prepared" and self.model.mails[claim.mail].kind == "reminder":
            self._settle(self.model.mails[claim.mail].bill)  # Stripe is asked
        finished = worker.at == "answered" and worker.verdict == "deferred"
        expected = next_point(self.model, worker, claim, told)
        assert worker.go_on(told) == expected
        self._adopt_receipts()
        if finished and self.model.holds(claim, "scheduled"):
            self._adopt_time(claim)
        if worker.at == DONE:
            self.workers.remove(worker)

    def crash(self, pick: int) -> None:
        self.workers.pop(pick % len(self.workers)).crash()

    def let_time_pass(self, wait: timedelta) -> None:
        self.model.now += wait

    def rescue(self) -> None:
        with db.transaction(self.engine) as session:
            outcomes.rescue(session, now=self.model.now)
        self.model.rescue()

    def withdraw(self, pick: int, wait: timedelta | None) -> None:
        """Cancel a message, or move it to another time."""
        number = sorted(self.model.mails)[pick % len(self.model.mails)]
        now, actor = self.model.now, "test"
        at = now + (wait or timedelta())
        possible = self.model.move_to(number, at) if wait else self.model.withdraw(number)
        with db.transaction(self.engine) as session, allowed(possible):
            if wait:
                reschedule.reschedule_message(session, message_id=number, at=at, actor=actor, now=now)
            else:
                reschedule.cancel_message(session, message_id=number, actor=actor, now=now)

    def change_at_stripe(self, bill: int, truth: str) -> None:
        if self.model.bills[bill].truth != "succeeded":
            self.model.bills[bill].truth = truth

    def bring_news(self, bill: int) -> None:
        self._settle(bill)
        with db.transaction(self.engine) as session:
            intent = self.context.gateway.retrieve_intent(account=debtors.ACCOUNT, intent_id=f"pi_{bill}")
            settlement.settle(session, intent=intent, source="webhook", now=self.model.now)
        self._adopt_receipts()

    def void(self, bill: int) -> None:
        if self.model.bills[bill].void or self.model.bills[bill].money == "paid":
            return
        with db.transaction(self.engine) as session:
            invoice = load_invoice(session, invoice_id=bill, lock=True)
            check_move(STATUS_MOVES, invoice.status, InvoiceStatus.VOID)
            invoice.status = InvoiceStatus.VOID
        self.model.bills[bill].void = True

    def compare(self) -> None:
        """Fail unless services and model agree."""
        agree(self.engine, self.model, self.handed)

    def calm_down(self) -> None:
        """No faults any more: everything ends."""
        for worker in self.workers:
            worker.crash()
        self.workers = []
        for number, bill in self.model.bills.items():
            if bill.truth == "processing":
                self.change_at_stripe(number, "succeeded")
            self.bring_news(number)
        for _ in range(2 * TRIES):
            self.let_time_pass(timedelta(hours=9))
            self.rescue()
            while self.model.due():
                self.claim()
                while self.workers:
                    self.step(self.workers[0], answer="accepted", before="go on")
        self.compare()
        open_ = {n: mail for n, mail in self.model.mails.items() if mail.state not in ENDED}
        assert not open_, open_

    def _settle(self, bill: int) -> None:
        """Settle in the model; the receipt's row is looked up once the services have written it."""
        self.owed_receipt = bill if self.model.settle(bill) else 0

    def _adopt_receipts(self) -> None:
        with db.reading(self.engine) as session:
            rows = session.scalars(select(Message).where(Message.kind.in_(("receipt", "notice")))).all()
        fresh = [row for row in rows if row.message_id not in self.model.mails]
        expected = [("receipt", self.owed_receipt)] if self.owed_receipt else []
        if self.owed_receipt and self.model.bills[self.owed_receipt].void:
            expected = [("notice", self.owed_receipt), *expected]  # staff must see money nobody owed
        assert sorted((row.kind, row.invoice_id) for row in fresh) == expected
        for row in fresh:
            self.model.mails[row.message_id] = Mail(row.kind, row.invoice_id, self.model.now)
        self.owed_receipt = 0

    def _adopt_time(self, claim: Claim) -> None:
        """Take the back-off's draw from the row, if it is within its bounds."""
        mail = self.model.mails[claim.mail]
        shortest, longest = self.model.pause_after(claim.tries)
        with db.reading(self.engine) as session:
            due = session.get_one(Message, claim.mail).next_at
        assert mail.give_up is not None
        assert min(self.model.now + shortest, mail.give_up) <= due <= self.model.now + longest
        mail.due = due


def allowed(possible: bool) -> AbstractContextManager[object]:
    """Expect TooLate, or ForStaff, where the model says so."""
    refused = (reschedule.TooLate, reschedule.ForStaff)
    return nullcontext() if possible else pytest.raises(refused)
