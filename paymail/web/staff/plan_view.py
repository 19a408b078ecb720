"""The section of an invoice's payment plan: what it shows, and the forms in it."""

from dataclasses import dataclass
from datetime import date, datetime

from paymail.models import Invoice, PaymentPlan
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.plans.choice import suggested
from paymail.services.plans.coverage import PartView, plan_of
from paymail.services.plans.instalments import Cadence
from paymail.web.staff.form_actions import Lines, StaffForm, Text
from paymail.web.staff.money_view import major


class PlanForm(StaffForm):
    """Agree on a plan in one of three ways; `shown` is the plan that the page showed, empty for none."""

    way: Text = ""
    count: Text = ""
    cadence: Text = Cadence.MONTHLY.value
    first: Text = ""
    deposit: Text = ""
    deposit_due: Text = ""
    rest_due: Text = ""
    lines: Lines = ""
    shown: Text = ""


class EndForm(StaffForm):
    """End the plan that the page showed."""

    reason: Text = ""
    shown: Text = ""


WAYS = {
    "equal": "Equal instalments",
    "deposit": "Deposit and remainder",
    "given": "Custom dates and amounts",
}


@dataclass(frozen=True, slots=True)
class PlanBlock:
    """What the section shows beside its forms."""

    plan: PaymentPlan | None
    parts: tuple[PartView, ...]
    today: date
    """On the issuer's calendar: an instalment that was due before it is late."""
    asked: Money
    later: date | None
    """When what is asked for is due, if nothing is due yet."""
    can_agree: bool
    ways: dict[str, str]
    cadences: tuple[Cadence, ...] = tuple(Cadence)

    @property
    def shown(self) -> bool:
        """Whether there is anything to show or to do."""
        return self.can_agree or self.plan is not None


def plan_block(invoice: Invoice, now: datetime) -> PlanBlock:
    """Return what the section of an invoice shows. It must be loaded by `load_invoice`."""
    today, view = local_date(invoice.issuer, now), plan_of(invoice)
    following = view.following if view else None
    return PlanBlock(
        plan=invoice.plan,
        parts=view.parts if view else (),
        today=today,
        asked=Money(suggested(invoice, today), invoice.currency),
        later=following.due if following and following.due > today else None,
        can_agree=invoice.can_pay,
        ways=WAYS,
    )


def plan_forms(block: PlanBlock) -> dict[str, StaffForm]:
    """Return the forms of the section as they are shown first."""
    shown = shown_of(block.plan)
    currency = block.asked.currency
    left = "\n".join(f"{part.due} {major(part.open, currency)}" for part in block.parts if part.open)
    forms: dict[str, StaffForm] = {
        f"plan_{way}": PlanForm(
            way=way, count="3", deposit_due=block.today.isoformat(), lines=left, shown=shown
        )
        for way in WAYS
    }
    return forms | {"plan_end": EndForm(shown=shown)}


def shown_of(plan: PaymentPlan | None) -> str:
    """Return how a form names the plan that its page showed."""
    return str(plan.plan_id) if plan else ""
