"""Detaching removed payment methods at Stripe, and hearing of those detached there."""

from datetime import timedelta

from sqlalchemy import select

from paymail import observability
from paymail.errors import PaymailError
from paymail.models import SavedMethod, SavedMethodState
from paymail.services.core import history
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import saved_methods

log = observability.logger(__name__)
LONGEST_PAUSE = timedelta(hours=1)
_OPEN = (SavedMethodState.SAVED, SavedMethodState.REMOVING)


def carry_out(context: GatewayContext, *, limit: int = 20) -> int:
    """Detach what was removed here, as often as it takes; return how many were tried."""
    with context.transaction() as session:
        due = select(SavedMethod).where(
            SavedMethod.state == SavedMethodState.REMOVING, SavedMethod.next_at <= context.now()
        )
        found = list(session.scalars(due.order_by(SavedMethod.next_at).limit(limit)))
    for row in found:
        try:
            context.gateway.detach_method(account=row.account, method_id=row.method_id)
        except PaymailError as error:
            _postpone(context, row.saved_method_id, error)
        else:
            _finish(context, row.method_id)
    return len(found)


def hear_detached(context: GatewayContext, *, account: str, method_id: str) -> bool:
    """Look at a method that Stripe says was detached; False if it is none of ours. Raises Unavailable."""
    with context.transaction() as session:
        ours = select(SavedMethod.method_id).where(
            SavedMethod.method_id == method_id, SavedMethod.account == account
        )
        if session.scalar(ours) is None:
            return False
    if not context.gateway.is_attached(account=account, method_id=method_id):
        _finish(context, method_id)
    return True


def _finish(context: GatewayContext, method_id: str) -> None:
    with context.transaction() as session:
        known = session.scalars(select(SavedMethod).where(SavedMethod.method_id == method_id)).one()
        # The invoice first, as whoever saves or removes does.
        load_invoice(session, invoice_id=known.invoice_id, lock=True)
        row = session.get_one(
            SavedMethod, known.saved_method_id, with_for_update=True, populate_existing=True
        )
        if row.state not in _OPEN:
            return
        if row.state is SavedMethodState.SAVED:  # at Stripe, not here
            history.record(
                session,
                invoice_id=row.invoice_id,
                kind="method_removed",
                actor="stripe",
                now=context.now(),
                detail=row.label,
            )
        saved_methods.move(row, SavedMethodState.REMOVED, now=context.now())
        row.failure = ""


def _postpone(context: GatewayContext, saved_method_id: int, error: PaymailError) -> None:
    log.warning("saved method not detached yet", saved_method=saved_method_id, code=error.code)
    with context.transaction() as session:
        row = session.get_one(SavedMethod, saved_method_id, with_for_update=True, populate_existing=True)
        row.tries += 1
        row.failure = str(error)[:200]
        row.next_at = context.now() + min(timedelta(seconds=5) * 2 ** min(row.tries, 12), LONGEST_PAUSE)
