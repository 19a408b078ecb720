"""Delivery reports, as JSON."""

from pydantic import BaseModel, Field

from paymail.models import Bounce


class Reported(BaseModel):
    """What a report was taken for."""

    bounce_id: int
    kind: str = Field(
        description="hard, soft, delivered, complaint, or unmatched (it does not name a paymail message)."
    )
    message_id: int | None
    status: str = Field(description="Enhanced status code (RFC 3463); empty when there is none.")

    @classmethod
    def of(cls, bounce: Bounce) -> "Reported":
        """Return what a row says."""
        return cls(
            bounce_id=bounce.bounce_id, kind=bounce.kind, message_id=bounce.message_id, status=bounce.status
        )
