"""What of a plan is paid: whatever lowers the invoice's balance covers the instalments, the oldest first.

So a late instalment is covered before the next one, a skipped one by the next payment, and what is paid ahead
covers those to come.
"""

from dataclasses import dataclass
from datetime import date

from paymail.models import Invoice


@dataclass(frozen=True, slots=True)
class PartView:
    """One instalment as it stands; amounts in minor units."""

    position: int
    due: date
    amount: int
    open: int
    """What of it is still to be paid."""

    @property
    def covered(self) -> bool:
        """Whether nothing of it is left."""
        return self.open <= 0


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as it stands."""

    parts: tuple[PartView, ...]

    @property
    def left(self) -> tuple[PartView, ...]:
        """The instalments that are not covered, the oldest first."""
        return tuple(part for part in self.parts if not part.covered)

    @property
    def following(self) -> PartView | None:
        """The oldest instalment that is not covered."""
        return self.left[0] if self.left else None

    def asked(self, until: date) -> int:
        """Return what is asked for by `until`: all that is due by then, the oldest instalment at least."""
        due = [part.open for part in self.left if part.due <= until]
        return sum(due) if due else (self.left[0].open if self.left else 0)


def plan_of(invoice: Invoice, *, balance: int | None = None) -> PlanView | None:
    """Return an invoice's active plan as it stands, or stood at another `balance` (minor units).

    None without one. `invoice.plan` must be loaded.
    """
    if invoice.plan is None:
        return None
    rows = invoice.plan.instalments
    owed = invoice.balance if balance is None else balance
    # Below zero when more is owed than the plan divides (after a lost dispute): the first part asks for it.
    covering = sum(row.amount for row in rows) - owed
    parts = []
    for index, row in enumerate(rows):
        taken = min(covering, row.amount) if covering > 0 or index else covering
        covering -= taken
        parts.append(PartView(row.position, row.due_date, row.amount, row.amount - taken))
    return PlanView(tuple(parts))


def dues(invoice: Invoice) -> tuple[date, ...]:
    """Return the dates that reminders count from: of the instalments that are open, else of the invoice."""
    plan = plan_of(invoice)
    left = plan.left if plan else ()
    return tuple(part.due for part in left) or (invoice.due_date,)
