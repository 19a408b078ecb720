"""What each form and page of staff asks of a person's role. A form that is not listed is refused to all."""

from collections.abc import Mapping

from fastapi import Request

from paymail.services.access.roles import Act

FORMS: Mapping[str, Act] = {
    "/logout": Act.OWN,
    "/account/password": Act.OWN,
    "/account/second-factor": Act.OWN,
    "/account/second-factor/begin": Act.OWN,
    "/account/second-factor/off": Act.OWN,
    "/account/sign-out": Act.OWN,
    "/views": Act.OWN,
    "/views/{view_id}/remove": Act.OWN,
    "/acts/{kind}": Act.BILL,
    "/bulk": Act.BILL,
    "/bulk/{bulk_id}/failed-again": Act.BILL,
    "/bulk/{bulk_id}/{verb}": Act.BILL,
    "/company": Act.OWN,
    "/companies/new": Act.ADMINISTER,
    "/companies/{issuer_id}": Act.ADMINISTER,
    "/companies/{issuer_id}/bank": Act.ADMINISTER,
    "/companies/{issuer_id}/bank/cancel": Act.ADMINISTER,
    "/companies/{issuer_id}/bank/confirm": Act.ADMINISTER,
    "/companies/{issuer_id}/colour": Act.ADMINISTER,
    "/companies/{issuer_id}/preview": Act.ADMINISTER,
    "/companies/{issuer_id}/sender": Act.ADMINISTER,
    "/companies/{issuer_id}/stripe": Act.ADMINISTER,
    "/companies/{issuer_id}/test": Act.ADMINISTER,
    "/companies/{issuer_id}/wording/{template}/{language}": Act.ADMINISTER,
    "/companies/{issuer_id}/wording/{template}/{language}/back": Act.ADMINISTER,
    "/companies/{issuer_id}/wording/{template}/{language}/preview": Act.ADMINISTER,
    "/companies/{issuer_id}/wording/{template}/{language}/test": Act.ADMINISTER,
    "/customers/{customer_id}/contacts": Act.BILL,
    "/customers/{customer_id}/contacts/{contact_id}/remove": Act.BILL,
    "/customers/{customer_id}/details": Act.BILL,
    "/customers/{customer_id}/email": Act.BILL,
    "/customers/{customer_id}/erase": Act.ADMINISTER,
    "/customers/{customer_id}/locale": Act.BILL,
    "/customers/{customer_id}/merge": Act.BILL,
    "/customers/{customer_id}/reminders": Act.BILL,
    "/customers/{customer_id}/statement": Act.BILL,
    "/events/{event_id}/reprocess": Act.BILL,
    "/imports": Act.BILL,
    "/imports/files/{file_id}": Act.BILL,
    "/imports/files/{file_id}/read": Act.BILL,
    "/imports/files/{file_id}/remove": Act.BILL,
    "/imports/files/{file_id}/rows/{line}": Act.BILL,
    "/imports/{import_id}/take-back": Act.BILL,
    "/invoices/new": Act.BILL,
    "/invoices/{invoice_id}/edit": Act.BILL,
    "/invoices/{invoice_id}/copy": Act.BILL,
    "/invoices/{invoice_id}/correct-address": Act.BILL,
    "/invoices/{invoice_id}/credit": Act.REFUND,
    "/invoices/{invoice_id}/customer-reminders": Act.BILL,
    "/invoices/{invoice_id}/hold": Act.BILL,
    "/invoices/{invoice_id}/issue": Act.BILL,
    "/invoices/{invoice_id}/link": Act.BILL,
    "/invoices/{invoice_id}/objection": Act.BILL,
    "/invoices/{invoice_id}/part-payments": Act.BILL,
    "/invoices/{invoice_id}/payments": Act.BILL,
    "/invoices/{invoice_id}/payments/{payment_id}/receipt": Act.BILL,
    "/invoices/{invoice_id}/payments/{payment_id}/refund": Act.REFUND,
    "/invoices/{invoice_id}/plan": Act.BILL,
    "/invoices/{invoice_id}/plan/end": Act.BILL,
    "/invoices/{invoice_id}/refunds/{refund_id}/approve": Act.REFUND,
    "/invoices/{invoice_id}/refunds/{refund_id}/refuse": Act.REFUND,
    "/invoices/{invoice_id}/refunds/{refund_id}/withdraw": Act.REFUND,
    "/invoices/{invoice_id}/release": Act.BILL,
    "/invoices/{invoice_id}/remind": Act.BILL,
    "/invoices/{invoice_id}/reminders": Act.BILL,
    "/invoices/{invoice_id}/send": Act.BILL,
    "/invoices/{invoice_id}/undo-write-off": Act.REFUND,
    "/invoices/{invoice_id}/void": Act.BILL,
    "/invoices/{invoice_id}/write-off": Act.REFUND,
    "/keys": Act.OWN,
    "/messages/{message_id}/cancel": Act.BILL,
    "/messages/{message_id}/reschedule": Act.BILL,
    "/messages/{message_id}/resolve": Act.BILL,
    "/people": Act.ADMINISTER,
    "/people/{user_id}/link": Act.ADMINISTER,
    "/people/{user_id}/remove": Act.ADMINISTER,
    "/people/{user_id}/second-factor": Act.ADMINISTER,
    "/people/{user_id}/role": Act.ADMINISTER,
    "/reminders": Act.ADMINISTER,
    "/reminders/bank/cancel": Act.ADMINISTER,
    "/suppressions": Act.BILL,
    "/suppressions/lift": Act.BILL,
}
"""Of every POST, below `/staff`."""
PAGES: Mapping[str, Act] = {
    "/account": Act.OWN,
    "/account/second-factor": Act.OWN,
    "/account/second-factor/code.svg": Act.OWN,
    "/acts/{kind}": Act.BILL,
    "/audit": Act.ADMINISTER,
    "/audit.csv": Act.ADMINISTER,
    "/bulk/new": Act.BILL,
    "/companies": Act.ADMINISTER,
    "/companies/new": Act.ADMINISTER,
    "/companies/{issuer_id}": Act.ADMINISTER,
    "/companies/{issuer_id}/history": Act.ADMINISTER,
    "/companies/{issuer_id}/preview": Act.ADMINISTER,
    "/companies/{issuer_id}/wording": Act.ADMINISTER,
    "/companies/{issuer_id}/wording/{template}/{language}": Act.ADMINISTER,
    "/companies/{issuer_id}/wording/{template}/{language}/preview": Act.ADMINISTER,
    "/customers/{customer_id}/erase": Act.ADMINISTER,
    "/customers/{customer_id}/merge": Act.BILL,
    "/help": Act.OWN,
    "/help/{help_page}": Act.OWN,
    "/imports": Act.BILL,
    "/invoices/new": Act.BILL,
    "/invoices/{invoice_id}/edit": Act.BILL,
    "/people": Act.ADMINISTER,
}
"""Of every GET that is more than looking at invoices; all others ask for SEE."""
EVERYWHERE = (
    *("/audit", "/companies/new", "/events", "/imports", "/mailbox", "/people"),
    *("/reconciliation", "/suppressions"),
)
"""What belongs to the whole installation, forms and pages: it needs a role for all issuers."""


def route_of(request: Request) -> str:
    """Return the pattern of the route that a request reached, without `/staff`."""
    return str(getattr(request.scope.get("route"), "path", "")).removeprefix("/staff")


def act_of(method: str, route: str) -> Act | None:
    """Return what a route asks for; None for a form that nobody declared."""
    return FORMS.get(route) if method == "POST" else PAGES.get(route, Act.SEE)


def of_all_issuers(route: str) -> bool:
    """Whether a route, or an address below `/staff`, belongs to the whole installation."""
    return route.startswith(EVERYWHERE)
