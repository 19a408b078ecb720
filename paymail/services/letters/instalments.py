"""From a payment plan's rows to the instalments that emails and the invoice show."""

from paymail.documents import Instalment
from paymail.emails import EmailInstalment
from paymail.models import Invoice
from paymail.money import Money
from paymail.services.plans.coverage import PlanView, plan_of


def email_instalments(invoice: Invoice, plan: PlanView | None) -> tuple[EmailInstalment, ...]:
    """Return a plan's instalments; none without a plan."""
    return tuple(
        # After a lost dispute the first one asks for more than its own amount.
        EmailInstalment(
            part.due, Money(max(part.amount, part.open), invoice.currency), Money(part.open, invoice.currency)
        )
        for part in (plan.parts if plan else ())
    )


def open_instalments(invoice: Invoice) -> tuple[Instalment, ...]:
    """Return what is open of the active plan; none without one."""
    plan = plan_of(invoice)
    return tuple(
        Instalment(part.due, Money(part.open, invoice.currency)) for part in (plan.left if plan else ())
    )
