"""The email about a payment plan."""

from paymail.emails import PlanEmail
from paymail.errors import Conflict
from paymail.money import Money
from paymail.services.core.invoices import local_date
from paymail.services.letters.instalments import email_instalments
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead, paper_of
from paymail.services.letters.send_rules import while_planned
from paymail.services.plans.coverage import plan_of


class NoPlan(Conflict):
    """The plan that an email was to tell of has ended."""

    code = "no_plan"


def plan_email(source: Source) -> PlanEmail:
    """Return the context of the email about the active plan. Raises NoPlan."""
    invoice, bill, plan = source.invoice, bill_of(source), plan_of(source.invoice)
    if invoice.plan is None or plan is None or plan.following is None:
        raise NoPlan(f"invoice {invoice.number} has no payment plan with something left to pay")
    return PlanEmail(
        **letterhead(bill),
        agreed_on=local_date(invoice.issuer, invoice.plan.created_at),
        due=bill.due,
        asked=Money(plan.following.open, invoice.currency),
        asked_by=plan.following.due,
        parts=email_instalments(invoice, plan),
        total=bill.total,
        balance=bill.balance,
    )


KIND = Kind(email=plan_email, document=paper_of, threaded=True, group=Group.INVOICES, send_rule=while_planned)
