"""The reconciler's two jobs over all accounts. An account that cannot be asked does not stop the others."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from paymail import observability
from paymail.errors import PaymailError
from paymail.services.core.contexts import GatewayContext
from paymail.services.payments import webhook_inbox
from paymail.services.reconciliation import accounts, drift_store, missed_events, notices, open_attempts
from paymail.services.reconciliation.comparison import Comparison, compare_account
from paymail.services.reconciliation.drift import Finding

log = observability.logger(__name__)

Progress = Callable[[str], None]
LONGEST_RUN = timedelta(minutes=30)
"""After this long a run leaves the remaining accounts to the next one, which begins with them."""


@dataclass(slots=True)
class CaughtUp:
    """What catching up did; `failures` are accounts that could not be asked, with the reason."""

    accounts: int = 0
    events: int = 0
    asked: int = 0
    recorded: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> str:
        """One line for people."""
        return (
            f"{self.accounts} account(s): {self.events} missed event(s), {self.asked} open payment(s)"
            f" checked, {self.recorded} payment(s) recorded"
        )


def catch_up(
    context: GatewayContext, *, live: bool, only: str = "", progress: Progress = lambda _account: None
) -> CaughtUp:
    """Settle what the webhooks missed: events since the last time, and open attempts, per account.

    `live` says which mode's events are ours. `progress` is called before each account.
    """
    done, until = CaughtUp(), context.now() + LONGEST_RUN
    with context.transaction() as session:
        found = accounts.ours(session, only=only)
        woken = missed_events.wake_known(session, now=context.now())
    _work(context, woken)
    for account in found:
        if context.now() > until:
            break
        progress(account)
        try:
            _catch_up(context, account, live, done)
        except PaymailError as error:
            log.warning("account cannot be reconciled", account=account, code=error.code)
            done.failures[account] = str(error)
    return done


def _catch_up(context: GatewayContext, account: str, live: bool, done: CaughtUp) -> None:
    done.accounts += 1
    heard = missed_events.read_missed(context, account=account, live=live)
    done.events += len(heard.stored)
    # The sweep does these too. Here they are done without mail waiting behind them.
    _work(context, heard.stored)
    asked = open_attempts.reread(context, account=account)
    done.asked += asked.asked
    done.recorded += asked.recorded


def _work(context: GatewayContext, event_ids: list[str]) -> None:
    for event_id in event_ids:
        webhook_inbox.work_safely(context, event_id=event_id)


def compare(
    context: GatewayContext,
    *,
    days: int,
    only: str = "",
    mend: bool = True,
    progress: Progress = lambda _account: None,
) -> Comparison:
    """Compare the books with Stripe over the last `days`; with `mend` what can be settled is settled."""
    with context.transaction() as session:
        found = accounts.ours(session, only=only)
    findings: list[Finding] = []
    compared: list[str] = []
    failures: dict[str, str] = {}
    intents = 0
    for account in found:
        progress(account)
        since = context.now() - timedelta(days=days)
        try:
            drifts, listed = compare_account(context, account=account, since=since, mend=mend)
        except PaymailError as error:
            log.warning("account cannot be compared", account=account, code=error.code)
            failures[account] = str(error)
            continue
        findings += drifts
        intents += listed
        compared.append(account)
    return Comparison(tuple(findings), tuple(compared), failures, intents)


def compare_and_keep(
    context: GatewayContext, *, days: int, only: str = "", progress: Progress = lambda _account: None
) -> Comparison:
    """Compare, write down what was found, and tell staff what is new."""
    found = compare(context, days=days, only=only, progress=progress)
    with context.transaction() as session:
        drift_store.store(session, comparison=found, now=context.now())
        notices.tell_staff(session, now=context.now())
    return found
