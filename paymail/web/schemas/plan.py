"""How an invoice is paid in instalments."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from paymail.models import Invoice
from paymail.services.core.invoices import local_date
from paymail.services.plans.choice import smallest, suggested
from paymail.services.plans.coverage import PartView, plan_of
from paymail.web.schemas.units import major


class PlanRow(BaseModel):
    """One instalment of a payment plan; money in major units."""

    position: int
    due_date: date
    amount: float
    open: float = Field(description="What of it is still to be paid.")

    @classmethod
    def of(cls, part: PartView, currency: str) -> "PlanRow":
        """Return an instalment as it stands."""
        return cls(
            position=part.position,
            due_date=part.due,
            amount=major(part.amount, currency),
            open=major(part.open, currency),
        )


def plan_rows(invoice: Invoice) -> list[PlanRow]:
    """Return the instalments of an invoice's active plan, the oldest first; none without a plan."""
    plan = plan_of(invoice)
    return [PlanRow.of(part, invoice.currency) for part in plan.parts] if plan else []


class PlanDetail(BaseModel):
    """An invoice's payment plan as it stands. Money in major units."""

    invoice_id: int
    currency: str
    balance: float
    asked: float = Field(description="What is asked for now: all that is due, at least the next instalment.")
    least_payment: float = Field(description="The smallest amount that may be paid now.")
    plan: list[PlanRow] = Field(description="By due date; empty: there is no plan.")
    agreed_by: str | None
    agreed_at: datetime | None

    @classmethod
    def of(cls, invoice: Invoice, now: datetime) -> "PlanDetail":
        """Return how an invoice is paid by its plan. It must be loaded by `load_invoice`."""
        currency, plan = invoice.currency, invoice.plan
        return cls(
            invoice_id=invoice.invoice_id,
            currency=currency,
            balance=major(invoice.balance, currency),
            asked=major(suggested(invoice, local_date(invoice.issuer, now)), currency),
            least_payment=major(smallest(invoice), currency),
            plan=plan_rows(invoice),
            agreed_by=plan.actor if plan else None,
            agreed_at=plan.created_at if plan else None,
        )
