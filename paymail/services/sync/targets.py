"""The table or function that a host is told by: of one sync alone, since two may have the same numbers."""

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from paymail.errors import Misconfigured
from paymail.models import HostSync, SyncedInvoice
from paymail.observability import one_line
from paymail.services.sync import syncs
from paymail.services.sync.syncs import SyncContext


class TargetTaken(Misconfigured):
    """Another sync tells by the same table or function."""

    code = "host_target_taken"


def check(session: Session, context: SyncContext) -> None:
    """Raise TargetTaken if another issuer's invoices are told there."""
    _refuse(session, context, own_views=True)


def take_over(session: Session, context: SyncContext) -> None:
    """Let an accepted view tell there instead of the issuer's view before it. Raises TargetTaken."""
    check(session, context)
    if context.host.told_to:
        mine = HostSync.issuer_id == context.issuer_id, HostSync.source != context.host.source
        session.execute(
            update(HostSync).where(*mine, HostSync.told_to == context.host.told_to).values(told_to="")
        )


def settle(session: Session, context: SyncContext) -> None:
    """Note where this sync tells; at another place everything is told again. Raises TargetTaken."""
    sync = syncs.load(session, context)
    if sync.told_to == context.host.told_to:
        return
    _refuse(session, context, own_views=False)
    if sync.told_to is not None:
        tell_again(session, sync)
    sync.told_to = context.host.told_to


def tell_again(session: Session, sync: HostSync) -> None:
    """Let the next run tell all that was ever told, under the same ids."""
    mine = SyncedInvoice.sync_id == sync.sync_id, SyncedInvoice.event_id != ""
    session.execute(update(SyncedInvoice).where(*mine).values(told_at=None))


def _refuse(session: Session, context: SyncContext, *, own_views: bool) -> None:
    """Refuse a target that another sync has; the issuer's other views may be let through."""
    if not context.host.told_to:
        return
    other = HostSync.issuer_id != context.issuer_id
    if not own_views:
        other = or_(other, HostSync.source != context.host.source)
    statement = select(HostSync).where(HostSync.told_to == context.host.told_to, other)
    if (found := session.scalars(statement.limit(1)).one_or_none()) is not None:
        raise TargetTaken(
            f"{one_line(context.host.told_to)} is already what {one_line(found.source)} of issuer"
            f" {found.issuer_id} is told by; make another one for this view and set PAYMAIL_HOST_TOLD_NAME"
        )
