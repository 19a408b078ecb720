"""The reconciler by the clock: each job when it is due, by whichever process takes the turn."""

from collections.abc import Callable
from datetime import timedelta

from paymail import observability
from paymail.services.core.contexts import GatewayContext
from paymail.services.reconciliation import turns
from paymail.services.reconciliation.comparison import Comparison
from paymail.services.reconciliation.runs import CaughtUp, Progress, catch_up, compare_and_keep
from paymail.services.reconciliation.turns import COMPARE, SETTLE, Ended, Turn

log = observability.logger(__name__)

COMPARE_EVERY = timedelta(hours=24)
AGAIN_AFTER = timedelta(hours=1)
"""When Stripe could not be asked, or something unforeseen stopped the comparison."""
DAYS = 7
Job = Callable[[Progress], Ended]


def run_due(context: GatewayContext, *, live: bool, every: timedelta) -> list[str]:
    """Do what is due and not taken by another process; return which jobs were done."""

    def settle(progress: Progress) -> Ended:
        return ended_of(catch_up(context, live=live, progress=progress))

    def compare(progress: Progress) -> Ended:
        return ended_of(compare_and_keep(context, days=DAYS, progress=progress))

    jobs: dict[str, tuple[Job, timedelta, timedelta]] = {
        SETTLE: (settle, every, every),
        COMPARE: (compare, COMPARE_EVERY, AGAIN_AFTER),
    }
    return [name for name, job in jobs.items() if _do(context, name, *job)]


def _do(context: GatewayContext, name: str, job: Job, every: timedelta, again: timedelta) -> bool:
    with context.transaction() as session:
        turn = turns.claim(session, job=name, now=context.now())
    if turn is None:
        return False
    try:
        ended = job(lambda _account: _renew(context, turn))
    except Exception as error:
        # Written down, so that doctor shows it; the lease would only hold the next try up.
        log.exception("reconciler failed unexpectedly", job=name)
        ended = Ended("", f"unforeseen: {type(error).__name__}")
    with context.transaction() as session:
        later = again if ended.failure else every
        turns.end(session, turn=turn, ended=ended, every=later, now=context.now())
    return True


def _renew(context: GatewayContext, turn: Turn) -> None:
    with context.transaction() as session:
        turns.renew(session, turn=turn, now=context.now())


def ended_of(done: CaughtUp | Comparison) -> Ended:
    """Return the outcome of a run in words."""
    failure = "; ".join(f"{account}: {reason}" for account, reason in done.failures.items())
    if isinstance(done, CaughtUp):
        return Ended(done.summary, failure)
    accounts, drifts = len(done.compared), len(done.findings)
    return Ended(f"{accounts} account(s), {done.intents} intent(s) compared: {drifts} difference(s)", failure)
