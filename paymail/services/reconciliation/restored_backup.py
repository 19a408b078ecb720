"""A database restored from a backup: holding everything, finding at Stripe what happened since, and marking
what may have been mailed since. Safe to repeat, and to kill at any point: nothing is open until it has ended.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import (
    ATTEMPT_MOVES,
    LIVE_ATTEMPTS,
    MESSAGE_MOVES,
    AttemptStatus,
    BulkSend,
    BulkState,
    Heartbeat,
    Invoice,
    Message,
    MessageKind,
    MessageState,
    PaymentAttempt,
    Refund,
    RefundStatus,
    Restore,
    TimelineEvent,
    check_move,
    in_state,
)
from paymail.services.core import history, restores
from paymail.services.core.contexts import GatewayContext
from paymail.services.reconciliation import accounts
from paymail.services.reconciliation.adoption import adopt_unknown
from paymail.services.reconciliation.open_attempts import MOST
from paymail.services.reconciliation.runs import Progress, catch_up, compare_and_keep
from paymail.services.sending import bulk

ACTOR = "restore"
MARGIN = timedelta(days=7)
"""Before the newest row of the backup: also where workers ran by mistake before the restore was noted."""
ROUNDS = 50
WAITING = (MessageState.SCHEDULED, MessageState.SENDING)
MAYBE_SENT = "the database was restored from a backup: this may have been sent before"


@dataclass(slots=True)
class Outcome:
    """What a run did. `failures` are accounts that could not be asked, with the reason: run it again."""

    adopted: int = 0
    doubtful: int = 0
    differences: int = 0
    failures: dict[str, str] = field(default_factory=dict)


def reconcile_restored(
    context: GatewayContext,
    *,
    live: bool,
    again: bool = False,
    progress: Progress = lambda _account: None,
) -> Outcome:
    """Put everything on hold, record what Stripe knows and the backup does not, and mark doubtful messages.

    `live` says which mode's events are ours. `again` vouches that the database was not restored once more
    since the restore that is on hold: what is due since then was not sent. While there are failures nothing
    can be opened. Raises NoRestore with `again`, when nothing is on hold.
    """
    done = Outcome()
    with context.transaction() as session:
        hold = _hold_again if again else _hold
        since = hold(session, context.now()).since
    _settle_known(context, live, progress, done)
    _adopt(context, since, progress, done)
    days = (context.now() - since).days + 1
    compared = compare_and_keep(context, days=days, progress=progress)
    done.failures |= compared.failures
    done.differences = len(compared.findings)
    if not done.failures:
        with context.transaction() as session:
            done.doubtful = _finish(session, done.adopted, context.now())
    return done


def _settle_known(context: GatewayContext, live: bool, progress: Progress, done: Outcome) -> None:
    for _ in range(ROUNDS):
        caught = catch_up(context, live=live, progress=progress)
        done.failures |= caught.failures
        if caught.asked < MOST or done.failures:
            return


def _adopt(context: GatewayContext, since: datetime, progress: Progress, done: Outcome) -> None:
    with context.transaction() as session:
        found = accounts.ours(session)
    for account in found:
        progress(account)
        try:
            done.adopted += adopt_unknown(context, account=account, since=since)
        except PaymailError as error:
            done.failures[account] = str(error)


def _hold(session: Session, now: datetime) -> Restore:
    """Note the restore and hold everything.

    A hold that is here already is no proof of a second run: it may stand in the backup, and all may have been
    opened, mailed and paid since. Only staff can tell (`again`).
    """
    before = restores.held(session)
    since = min([_newest(session, now) - MARGIN, *(one.since for one in before)])
    found = Restore(restored_at=now, since=since, unchecked_from=datetime(1970, 1, 1, tzinfo=UTC))
    session.add(found)
    _stand_still(session, now)
    return found


def _hold_again(session: Session, now: datetime) -> Restore:
    """Take up the restore that is on hold, and hold everything that it has opened. Raises NoRestore."""
    if not restores.held(session):
        raise restores.NoRestore("nothing is on hold; run `paymail db restored` without --again")
    found = restores.latest(session, lock=True)
    assert found is not None  # noqa: S101 - one is on hold
    found.unchecked_from = found.unchecked_from or now
    found.mail_opened_at = found.payments_opened_at = found.reconciled_at = None
    return found


def _newest(session: Session, now: datetime) -> datetime:
    """Return the newest moment that the backup knows of."""
    newest = (func.max(Heartbeat.seen_at), func.max(TimelineEvent.at), func.max(Invoice.updated_at))
    found = [at for column in newest if (at := session.scalar(select(column))) is not None]
    return min(max(found, default=now), now)


def _stand_still(session: Session, now: datetime) -> None:
    """Take back every intention of the backup that may have been carried out since."""
    running = select(BulkSend.bulk_id).where(BulkSend.state == BulkState.RUNNING, BulkSend.starts_at <= now)
    for bulk_id in session.scalars(running).all():
        bulk.pause(session, bulk_id=bulk_id, actor=ACTOR, now=now)
    # Steps that came due since the backup may have been mailed.
    session.execute(update(Invoice).where(Invoice.reminders_from < now).values(reminders_from=now))
    # Each is looked up at Stripe before it is asked for.
    asking = (RefundStatus.PROPOSED, RefundStatus.REQUESTED)
    asked = update(Refund).where(Refund.status.in_(asking), Refund.tries == 0)
    session.execute(asked.values(tries=1))
    # If Stripe has its intent by now, that is unknown here, and adopted or cancelled.
    check_move(ATTEMPT_MOVES, AttemptStatus.CREATING, AttemptStatus.CANCELED)
    unborn = update(PaymentAttempt).where(PaymentAttempt.status == AttemptStatus.CREATING)
    session.execute(unborn.values(status=AttemptStatus.CANCELED, updated_at=now))
    alive = update(PaymentAttempt).where(PaymentAttempt.status.in_(LIVE_ATTEMPTS))
    session.execute(alive.values(look_at=None))


def _finish(session: Session, adopted: int, now: datetime) -> int:
    found = restores.latest(session, lock=True)
    assert found is not None and found.unchecked_from is not None  # noqa: S101, PT018 - written by _hold
    doubtful = _mark_doubtful(session, found, now)
    found.reconciled_at, found.unchecked_from = now, None
    found.adopted, found.doubtful = found.adopted + adopted, found.doubtful + doubtful
    return doubtful


def _mark_doubtful(session: Session, restore: Restore, now: datetime) -> int:
    """Mark what is due, and the receipts of what was just recorded: it may have been mailed before."""
    for state in WAITING:
        check_move(MESSAGE_MOVES, state, MessageState.UNKNOWN)
    # What staff are told of this restore itself is news.
    news = (Message.kind == MessageKind.NOTICE) & (Message.created_at >= restore.restored_at)
    marked = (
        update(Message)
        .where(
            in_state(*WAITING),
            or_(Message.next_at <= now, Message.state == MessageState.SENDING),
            Message.created_at >= restore.unchecked_from,
            ~news,
        )
        .values(
            state=MessageState.UNKNOWN,
            fence=Message.fence + 1,
            reason=MAYBE_SENT,
            held=False,
            lease_until=None,
        )
        .returning(Message.message_id, Message.invoice_id, Message.kind)
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(marked).all()
    for message_id, invoice_id, kind in rows:
        history.record(
            session,
            invoice_id=invoice_id,
            kind="email_unknown",
            actor=ACTOR,
            now=now,
            detail=f"{kind}: {MAYBE_SENT}",
            message_id=message_id,
        )
    return len(rows)
