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
from tests.faults.twins import BILLS, Twins

PICK = st.integers(0, 23)
BILL = st.sampled_from(BILLS)
WAIT = st.sampled_from([timedelta(seconds=s) for s in (1, 20, 121, 1200, 8 * 3600)])
WORK: dict[str, SearchStrategy[Any]] = {
    "pick": PICK,
    "steps": st.integers(1, 8),
    "answer": st.sampled_from(sorted(ANSWERS)),
    "before": st.sampled_from(["go on", *sorted(BEFORE_THE_DOT)]),
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

    @rule(bill=BILL)
    def queue_invoice(self, bill: int) -> None:
        self.both("queue_invoice", bill)

    @rule(bill=BILL)
    def queue_reminder(self, bill: int) -> None:
        self.both("queue_reminder", bill)

    def _work(self, pick: int, steps: int, answer: str, before: str) -> None:
        self.both("work", pick, steps, answer, before)

    # Rules are drawn alike, and a delivery takes seven steps.
    work = rule(**WORK)(_work)
    work_again = rule(**WORK)(_work)
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

    @rule(bill=BILL, truth=st.sampled_from(["open", "processing", "succeeded"]))
    def change_at_stripe(self, bill: int, truth: str) -> None:
        self.both("change_at_stripe", bill, truth)

    @rule(bill=BILL)
    def bring_news(self, bill: int) -> None:
        self.both("bring_news", bill)

    @rule(bill=BILL)
    def void(self, bill: int) -> None:
        self.both("void", bill)

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
