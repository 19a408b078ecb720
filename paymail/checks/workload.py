"""The work: who sweeps, what waits, what needs a person."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from paymail.checks.findings import Finding, Subject, failed, ok, warning
from paymail.services.core import restores
from paymail.services.outbox import backlog, heartbeats, sender_refusals
from paymail.services.reconciliation import drift_store, turns

LOST = timedelta(minutes=10)
LATE_AFTER = timedelta(minutes=5)
_CLOCKS = timedelta(seconds=5)
_START = "start `paymail worker`"


def workers(subject: Subject) -> Iterator[Finding]:
    """When somebody swept last."""
    now = subject.app.now()
    with subject.app.reading() as session:
        found = heartbeats.pulse(session, since=now - heartbeats.ALIVE)
    if found.newest is None:
        yield failed("workers", "no worker has been active in the last day", _START)
        return
    age = now - found.newest
    if age > heartbeats.ALIVE:
        yield failed("workers", f"no worker is alive: the last heartbeat was {_ago(age)} ago", _START)
    elif age < -_CLOCKS:
        yield warning("workers", f"a worker's clock is {_ago(-age)} ahead", "synchronise the hosts' clocks")
    else:
        yield ok("workers", f"{found.alive} process(es), last active {_ago(age)} ago")


def outbox(subject: Subject) -> Iterator[Finding]:
    """What is late, in doubt, or failed."""
    now = subject.app.now()
    with subject.app.reading() as session:
        found = backlog.outbox(session, now=now)
        refusals = sender_refusals.closed(session, now=now)
    if found.unknown:
        yield warning(
            "outbox",
            f"{found.unknown} message(s) may or may not have been delivered",
            "resolve them on the staff pages, or with `paymail messages resolve`",
        )
    for refusal in refusals[:5]:
        yield failed(
            "outbox",
            f"{refusal.domain} refuses emails of issuer {refusal.issuer_id}: {refusal.reason}"[:300],
            "correct the DNS records or ask your mail provider, then run"
            f" `paymail bounces resume {refusal.domain}`",
        )
    if found.failed:
        yield warning(
            "outbox", f"{found.failed} message(s) failed in the last 7 days", "see `paymail messages list`"
        )
    late = _late(found.oldest_due, now)
    if late and found.closed:
        held = ", ".join(found.closed[:3]) + (", …" if len(found.closed) > 3 else "")
        yield warning(
            "outbox",
            f"emails have been waiting for {late}, some held up by {held}",
            "no action needed: sending resumes automatically",
        )
    elif late:
        yield warning("outbox", f"the oldest due message has been waiting for {late}", _START)
    elif not found.unknown and not found.failed and not refusals:
        yield ok("outbox", "no late, unknown or failed messages")


def events(subject: Subject) -> Iterator[Finding]:
    """What Stripe told us and nobody has worked on."""
    now = subject.app.now()
    with subject.app.reading() as session:
        found = backlog.events(session, now=now)
    if found.dead:
        yield warning(
            "stripe events",
            f"{found.dead} event(s) of the last 7 days could not be processed: a payment may be missing",
            "see `paymail events list --state dead`, then `paymail events reprocess`",
        )
    if late := _late(found.oldest_due, now):
        yield warning("stripe events", f"the oldest event has been waiting for {late}", _START)
    elif not found.dead:
        yield ok("stripe events", "all events were processed")


def reconciliation(subject: Subject) -> Iterator[Finding]:
    """Whether Stripe is asked for what its webhooks missed, how that ended, and what does not agree."""
    now, minutes = subject.app.now(), subject.app.settings.reconcile_minutes
    if not minutes:
        remedy = "set PAYMAIL_RECONCILE_MINUTES, or run `paymail reconcile` from cron"
        yield warning(
            "reconciliation", "reconciliation is off: a payment is missed if its webhook is lost", remedy
        )
    with subject.app.reading() as session:
        rows = [turns.last(session, job=job) for job in (turns.SETTLE, turns.COMPARE)]
        drifts = len(drift_store.open_drifts(session))
    if drifts:
        remedy = "see the Reconciliation page, or run `paymail reconcile`"
        yield warning("reconciliation", f"{drifts} difference(s) between paymail and Stripe", remedy)
    for row, late in zip(rows, (timedelta(minutes=3 * minutes) + LOST, timedelta(days=2)), strict=True):
        if row is None or row.ended_at is None:
            yield warning("reconciliation", f"{row.job if row else 'reconciliation'} has not run yet", _START)
        elif row.failure:
            yield failed("reconciliation", f"{row.job}: {row.failure}", "see the Stripe checks")
        elif minutes and now - row.ended_at > late:
            yield warning("reconciliation", f"{row.job} ended {_ago(now - row.ended_at)} ago", _START)
        else:
            yield ok("reconciliation", f"{row.job} {_ago(now - row.ended_at)} ago: {row.summary}")


def restore(subject: Subject) -> Iterator[Finding]:
    """Whether something is still on hold after a restore from a backup."""
    with subject.app.reading() as session:
        held = restores.on_hold(session)
    if held:
        remedy = "see `paymail db restored --status`, then `paymail db restored --open`"
        yield warning("restore", f"on hold after a restore from a backup: {' and '.join(held)}", remedy)
    else:
        yield ok("restore", "nothing is on hold after a restore")


def _late(since: datetime | None, now: datetime) -> str:
    return _ago(now - since) if since is not None and now - since > LATE_AFTER else ""


def _ago(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
