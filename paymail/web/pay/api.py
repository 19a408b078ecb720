"""The public pay API: the seed's three endpoints, and a new link. The token in the path is the only key."""

from fastapi import APIRouter, Depends

from paymail import money
from paymail.ports.payments import Intent
from paymail.services.customers import saved_methods
from paymail.services.customers.link_requests import request_new_link
from paymail.services.ledger import awaited_payments
from paymail.services.links.lookup import find_by_token
from paymail.services.payments.checkout import start_payment
from paymail.services.payments.confirmation import confirm_payment
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import Token
from paymail.web.http.openapi import PAY_PROBLEMS, problems
from paymail.web.http.rate_limits import limit_emails, limit_payments, limit_public
from paymail.web.schemas.customer_invoice import CustomerInvoice, describe
from paymail.web.schemas.pay import Asked, Confirm, Confirmed, CreatedPayment, StartPayment
from paymail.wiring import App

router = APIRouter(prefix="/api/public/pay", tags=["public"], dependencies=[Depends(limit_public)])


@router.get("/{token}", responses=PAY_PROBLEMS)
def get_invoice(app: AppDep, token: Token) -> CustomerInvoice:
    """Show the invoice of a pay link."""
    with app.reading() as session:
        now = app.now()
        invoice = find_by_token(session, token=token, now=now)
        saved = saved_methods.current(
            session, customer_id=invoice.customer_id, account=invoice.issuer.stripe_account
        )
        offered = saved_methods.may_save(session, invoice=invoice)
        awaited = awaited_payments.awaited(session, invoice_id=invoice.invoice_id)
        return CustomerInvoice.of(describe(invoice, now=now, awaited=awaited), saved=saved, offered=offered)


@router.post(
    "/{token}/create-payment", responses=PAY_PROBLEMS, dependencies=[Depends(limit_payments("create"))]
)
def create_payment(app: AppDep, token: Token, body: StartPayment = StartPayment()) -> CreatedPayment:
    """Start, or go on with, a payment: of what is owed, of what a payment plan asks for, or of an amount
    where that is allowed."""
    intent, locale = _started(app, token, body)
    return CreatedPayment.of(intent, publishable_key=app.settings.stripe_publishable_key, locale=locale)


@router.post(
    "/{token}/confirm-payment", responses=PAY_PROBLEMS, dependencies=[Depends(limit_payments("confirm"))]
)
def confirm(app: AppDep, token: Token, body: Confirm) -> Confirmed:
    """Record a payment, after asking Stripe whether it was made."""
    settled = confirm_payment(app.gateway_context(), token=token, intent_id=body.paymentIntentId)
    return Confirmed(success=True, message="Payment confirmed", invoice_id=settled.invoice_id)


@router.post(
    "/{token}/renew",
    status_code=202,
    responses=problems(408, 413, 429, 503),
    dependencies=[Depends(limit_emails)],
)
def renew(app: AppDep, token: Token) -> Asked:
    """Ask for a new link in place of one that has ended: it is emailed to the address on file, if the
    invoice is still owed. The answer is the same whatever the token."""
    with app.transaction() as session:
        request_new_link(session, token=token, now=app.now())
    return Asked()


def _started(app: App, token: str, asked: StartPayment) -> tuple[Intent, str]:
    """Start a payment; return the intent and the customer's locale."""
    with app.reading() as session:
        invoice = find_by_token(session, token=token, now=app.now())
        locale = invoice.customer.locale or invoice.issuer.locale

    def minor(major: str | None) -> int | None:
        return None if major is None else money.to_minor(money.parse_decimal(major), invoice.currency)

    intent = start_payment(
        app.gateway_context(),
        token=token,
        amount=minor(asked.amount),
        seen=minor(asked.balance),
        consent=asked.saveMethod or "",
    )
    return intent, locale
