"""Money that goes back, or that a bank asks back, as JSON."""

from datetime import datetime

from pydantic import BaseModel, Field

from paymail.models import Channel, Dispute, DisputeState, Refund, RefundStatus
from paymail.services.letters.credit_notes import credit_note_number
from paymail.web.http.inputs import Text
from paymail.web.schemas.body import Body
from paymail.web.schemas.units import Amount, major


class RefundRow(BaseModel):
    """Money that goes back, or was to."""

    refund_id: int
    payment_id: int | None = Field(description="null: a credit note without a payment; its `amount` is 0.")
    amount: float
    credited: float = Field(description="Part of it credited by a credit note.")
    currency: str
    channel: Channel
    status: RefundStatus
    reason: str
    failure: str
    credit_note: str | None = Field(description="Credit note number; null if none.")
    gateway_id: str | None
    requested_by: str
    decided_by: str = Field(description="Who approved or refused it; empty if nobody did or had to.")
    asked_at: datetime | None = Field(
        description="When it was asked for, if it was approved later; `created_at` is the approval then."
    )
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, refund: Refund) -> "RefundRow":
        """Return the row of a refund."""
        return cls(
            refund_id=refund.refund_id,
            payment_id=refund.payment_id,
            amount=major(refund.amount, refund.currency),
            credited=major(refund.credited, refund.currency),
            currency=refund.currency,
            channel=refund.channel,
            status=refund.status,
            reason=refund.reason,
            failure=refund.failure,
            credit_note=credit_note_number(refund) or None,
            gateway_id=refund.gateway_id,
            requested_by=refund.actor,
            decided_by=refund.decided_by,
            asked_at=refund.asked_at,
            created_at=refund.created_at,
            updated_at=refund.updated_at,
        )


class DisputeRow(BaseModel):
    """A payment that the customer's bank asks back."""

    dispute_id: str
    payment_id: int
    amount: float
    currency: str
    state: DisputeState
    gateway_status: str
    reason: str
    evidence_due_at: datetime | None
    opened_at: datetime

    @classmethod
    def of(cls, dispute: Dispute) -> "DisputeRow":
        """Return the row of a dispute."""
        return cls(
            dispute_id=dispute.dispute_id,
            payment_id=dispute.payment_id,
            amount=major(dispute.amount, dispute.currency),
            currency=dispute.currency,
            state=dispute.state,
            gateway_status=dispute.gateway_status,
            reason=dispute.reason,
            evidence_due_at=dispute.evidence_due_at,
            opened_at=dispute.opened_at,
        )


class RequestRefund(Body):
    """What shall go back, and how."""

    amount: Amount
    channel: Channel | None = Field(None, description="By default, the payment's own method.")
    reason: Text = Field("", max_length=300, description="Shown to the customer.")
    owed_again: bool = Field(
        False, strict=True, description="Make the invoice payable again; otherwise a credit note is issued."
    )
