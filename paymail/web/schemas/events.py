"""Events from Stripe, as JSON."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, Field

from paymail.models import GatewayEventState
from paymail.services.payments import gateway_events
from paymail.services.payments.gateway_events import Listed


class EventRow(BaseModel):
    """An event as it came in from Stripe."""

    event_id: str
    type: str
    account: str
    intent_id: str = Field(description="Payment intent the event is about, or empty.")
    invoice_id: int | None = Field(description="Invoice of that payment; null if not in paymail.")
    state: GatewayEventState
    reason: str = Field(description="Outcome.")
    attempts: int
    next_at: datetime = Field(description="When a received event is next attempted.")
    created_at: datetime = Field(description="When it occurred, according to Stripe.")
    received_at: datetime
    request_id: str = Field(description="`X-Request-ID` of the request that brought it, as in the logs.")

    @classmethod
    def of(cls, row: Listed) -> "EventRow":
        """Return what a row says."""
        event = row.event
        return cls(
            event_id=event.event_id,
            type=event.type,
            account=event.account,
            intent_id=event.intent_id,
            invoice_id=row.invoice_id,
            state=event.state,
            reason=event.reason,
            attempts=event.attempts,
            next_at=event.next_at,
            created_at=gateway_events.happened_at(event),
            received_at=event.received_at,
            request_id=event.request_id,
        )


class EventRows(BaseModel):
    """Events, the latest received first."""

    data: list[EventRow]
    next: str | None = Field(description="Pass as `after` for the next page; null on the last page.")

    @classmethod
    def of(cls, rows: Iterable[Listed], following: str | None) -> "EventRows":
        """Return a slice of the events; `following` is the id that the next one begins after."""
        return cls(data=[EventRow.of(row) for row in rows], next=following)
