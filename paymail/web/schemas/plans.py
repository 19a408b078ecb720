"""How an invoice is paid in instalments, as JSON."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from paymail.models import Invoice
from paymail.money import parse_amount
from paymail.services.core.invoices import local_date
from paymail.services.plans.choice import smallest, suggested
from paymail.services.plans.coverage import PartView, plan_of
from paymail.services.plans.instalments import MOST_PARTS, Cadence, Part, deposit_and_rest, equal_parts
from paymail.web.schemas.body import Body
from paymail.web.schemas.units import Amount, major


class PlanRow(BaseModel):
    """One instalment of a payment plan; money in major units."""

    position: int
    due_date: date
    amount: float
    open: float = Field(description="Amount left to pay.")

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
    asked: float = Field(description="Amount due now: everything due, and at least the next instalment.")
    least_payment: float = Field(description="Minimum amount that can be paid now.")
    plan: list[PlanRow] = Field(description="By due date; empty if there is no plan.")
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


class EqualParts(Body):
    """What is owed in equal instalments; what is left over of the division is on the first."""

    count: int = Field(ge=1, le=MOST_PARTS, strict=True)
    cadence: Cadence
    first: date = Field(description="Due date of the first instalment.")


class DepositAndRest(Body):
    """A part first, and what is left of what is owed later."""

    deposit: Amount
    deposit_due: date
    rest_due: date


class GivenPart(Body):
    """One instalment."""

    due: date
    amount: Amount


class GivenParts(Body):
    """Instalments one by one, by due date; together they are what is owed."""

    instalments: list[GivenPart] = Field(min_length=1, max_length=MOST_PARTS)


Division = EqualParts | DepositAndRest | GivenParts


def parts_of(body: Division, invoice: Invoice) -> tuple[Part, ...]:
    """Return the instalments that a body asks for. Raises BadPlan, BadAmount."""
    owed, currency = invoice.balance, invoice.currency
    match body:
        case EqualParts():
            return equal_parts(owed, body.count, body.first, body.cadence)
        case DepositAndRest():
            deposit = parse_amount(body.deposit, currency)
            return deposit_and_rest(owed, deposit, body.deposit_due, body.rest_due)
        case GivenParts():
            return tuple(Part(one.due, parse_amount(one.amount, currency)) for one in body.instalments)
