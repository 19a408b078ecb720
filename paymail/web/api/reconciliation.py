"""Reconciliation: how the last runs ended, and in what the books and Stripe differ."""

from fastapi import APIRouter

from paymail.services.reconciliation import drift_store, turns
from paymail.web.api.access import Reader
from paymail.web.http.dependencies import AppDep
from paymail.web.http.openapi import LIST_PROBLEMS
from paymail.web.schemas.reconciliation import Reconciliation

router = APIRouter(prefix="/api/v1/reconciliation", tags=["reconciliation"])


@router.get("", responses=LIST_PROBLEMS)
def get_reconciliation(app: AppDep, _holder: Reader) -> Reconciliation:
    """Show the reconciler's last runs and current differences. Scope: read."""
    with app.reading() as session:
        runs = [turns.last(session, job=job) for job in (turns.SETTLE, turns.COMPARE)]
        drifts = drift_store.open_drifts(session)
    return Reconciliation.of(runs, drifts)
