"""From a payment plan's rows to the instalments that emails show."""

from paymail.emails import EmailInstalment
from paymail.models import Invoice
from paymail.money import Money
from paymail.services.plans.coverage import PlanView


def email_instalments(invoice: Invoice, plan: PlanView | None) -> tuple[EmailInstalment, ...]:
    """Return a plan's instalments; none without a plan."""
    return tuple(
        # After a lost dispute the first one asks for more than its own amount.
        EmailInstalment(
            part.due, Money(max(part.amount, part.open), invoice.currency), Money(part.open, invoice.currency)
        )
        for part in (plan.parts if plan else ())
    )
