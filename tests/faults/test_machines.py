"""Any order of queueing, sending, crashing, paying and voiding: the services do what the model says.

`FAULTS_EXAMPLES` sets how many stories are told; the draws are the same in every run.
"""

import os
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.strategies import SearchStrategy

from tests.faults.staged import ANSWERS, BEFORE_THE_DOT
from tests.faults.twins import Twins

PICK = st.integers(0, 23)
WAIT = st.sampled_from([timedelta(seconds=s) for s in (1, 20, 121, 1200, 8 * 3600)])
WHOLE_LEASE = timedelta(seconds=121)
MEANWHILE = (
    "nothing",
    "its lease runs out",
    "its lease runs out and is noticed",
    "another worker comes",
    "the customer pays",
    "a bank debit starts",
    "staff void it",
)
WORK: dict[str, SearchStrategy[Any]] = {
    "pick": PICK,
    "kind": st.sampled_from(["invoice", "reminder"]),
    "steps": st.integers(1, 8),
    "meanwhile": st.sampled_from(MEANWHILE),
    "more": st.integers(0, 8),
    "answer": st.sampled_from(["accepted", "accepted", *sorted(ANSWERS)]),
    "before": st.sampled_from(["go on", "go on", "go on", *sorted(BEFORE_THE_DOT)]),
}


class Machine(RuleBasedStateMachine):
    """Draws what happens next."""

    @initialize()
    def open(self) -> None:
        self.twins = Twins()
        self.broken = False

    def teardown(self) -> None:
        if hasattr(self, "twins"):
            if not self.broken:
                self.twins.calm_down()
            self.twins.close()

    def both(self, what: str, *given: object) -> None:
        """Do it to both; after a failure there is nothing to calm down."""
        self.broken = True
        getattr(self.twins, what)(*given)
        self.broken = False

    @rule(pick=PICK)
    def queue_invoice(self, pick: int) -> None:
        self.both("queue_invoice", self.twins.bill(pick))

    @rule(pick=PICK)
    def queue_reminder(self, pick: int) -> None:
        self.both("queue_reminder", self.twins.bill(pick))

    def _work(
        self, pick: int, kind: str, steps: int, meanwhile: str, more: int, answer: str, before: str
    ) -> None:
        """A worker goes some points on, something happens, and it goes on from there."""
        self.both("give_work", pick, kind)
        self.both("work", pick, steps, answer, before)
        bill = self.twins.busy_bill(pick)
        match meanwhile:
            case "its lease runs out":
                self.both("let_time_pass", WHOLE_LEASE)
            case "its lease runs out and is noticed":
                self.both("let_time_pass", WHOLE_LEASE)
                self.both("rescue")
            case "another worker comes":
                self.both("work", pick + 1, 8, "accepted", "go on")
            case "the customer pays":
                self.both("change_at_stripe", bill, "succeeded")
                self.both("bring_news", bill)
            case "a bank debit starts":
                self.both("change_at_stripe", bill, "processing")
                self.both("bring_news", bill)
            case "staff void it":
                self.both("void", bill)
        self.both("work", pick, more, answer, before)

    # Rules are drawn alike, and a delivery takes seven steps.
    work = rule(**WORK)(_work)
    work_more = rule(**WORK)(_work)

    @precondition(lambda self: self.twins.workers)
    @rule(pick=PICK)
    def crash(self, pick: int) -> None:
        self.both("crash", pick)

    @rule(wait=WAIT)
    def let_time_pass(self, wait: timedelta) -> None:
        self.both("let_time_pass", wait)

    @rule()
    def rescue(self) -> None:
        self.both("rescue")

    @precondition(lambda self: self.twins.model.mails)
    @rule(pick=PICK, wait=st.none() | WAIT)
    def withdraw(self, pick: int, wait: timedelta | None) -> None:
        self.both("withdraw", pick, wait)

    @rule(pick=PICK, truth=st.sampled_from(["open", "processing", "succeeded"]))
    def change_at_stripe(self, pick: int, truth: str) -> None:
        self.both("change_at_stripe", self.twins.bill(pick), truth)

    @rule(pick=PICK)
    def bring_news(self, pick: int) -> None:
        self.both("bring_news", self.twins.bill(pick))

    @rule(pick=PICK)
    def void(self, pick: int) -> None:
        self.both("void", self.twins.bill(pick))

    @invariant()
    def services_and_model_agree(self) -> None:
        self.both("compare")


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=int(os.environ.get("FAULTS_EXAMPLES", "20")),
    stateful_step_count=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
