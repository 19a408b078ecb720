"""Our customers at Stripe: one per customer and account, never shared, without name or address."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.clock import new_id
from paymail.db import insert_once
from paymail.models import GatewayCustomer
from paymail.ports.payment_errors import KeySpent
from paymail.services.core.contexts import GatewayContext
from paymail.services.outbox import dedupe_keys


def find(session: Session, *, customer_id: int, account: str, lock: bool = False) -> GatewayCustomer | None:
    """Return what a customer is at Stripe on an account, if anything."""
    statement = select(GatewayCustomer).where(
        GatewayCustomer.customer_id == customer_id, GatewayCustomer.account == account
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.scalars(statement).one_or_none()


def ensure(context: GatewayContext, *, customer_id: int, account: str) -> str:
    """Return the id of a customer at Stripe on an account; made if there is none. Raises the gateway's kinds.

    The key is stored before Stripe is asked: asking again gives the same one.
    """
    with context.transaction() as session:
        values = {
            "customer_id": customer_id,
            "account": account,
            "idempotency_key": _key(customer_id),
            "created_at": context.now(),
        }
        insert_once(session, GatewayCustomer, values)
        row = _row(session, customer_id, account)
    if row.gateway_id:
        return row.gateway_id
    try:
        made = context.gateway.create_customer(
            account=account, reference=str(customer_id), idempotency_key=row.idempotency_key
        )
    except KeySpent:
        with context.transaction() as session:
            spent = _row(session, customer_id, account)
            if spent.gateway_id is None and spent.idempotency_key == row.idempotency_key:
                spent.idempotency_key = _key(customer_id)
        raise
    with context.transaction() as session:
        kept = _row(session, customer_id, account)
        kept.gateway_id = kept.gateway_id or made
        return kept.gateway_id


def forget(context: GatewayContext, *, customer_id: int, account: str, gateway_id: str) -> None:
    """Forget a customer that is not at Stripe any more, unless another is known by now."""
    with context.transaction() as session:
        row = _row(session, customer_id, account)
        if row.gateway_id == gateway_id:
            row.gateway_id, row.idempotency_key = None, _key(customer_id)


def _row(session: Session, customer_id: int, account: str) -> GatewayCustomer:
    row = find(session, customer_id=customer_id, account=account, lock=True)
    if row is None:
        raise LookupError("a row that was just written is gone")
    return row


def _key(customer_id: int) -> str:
    return dedupe_keys.gateway_customer(customer_id=customer_id, nonce=new_id())
