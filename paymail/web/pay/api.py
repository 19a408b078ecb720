"""The public pay API: the seed's three endpoints, and the PDFs. The token in the path is the only key."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field

from paymail import money
from paymail.ports.payments import Intent
from paymail.render import formats
from paymail.services.customers.link_requests import request_new_link
from paymail.services.links.lookup import find_by_token
from paymail.services.payments.checkout import start_payment
from paymail.services.payments.confirmation import confirm_payment
from paymail.web.http.openapi import problems
from paymail.web.http.public_limits import PublicLimits
from paymail.web.schemas.invoice import PayInvoice, describe
from paymail.wiring import App

Token = Annotated[str, Path(description="The 64 lower-case hex characters of the pay link.")]
PROBLEMS = problems(404, 409, 410, 422, 429, 503)


class Start(BaseModel):
    """How much to pay; empty pays what is asked for."""

    amount: str | None = Field(
        None,
        max_length=30,
        description="In major units of the invoice's currency.",
        examples=["50.00"],
    )
    balance: str | None = Field(
        None,
        max_length=30,
        description="The balance that the customer was shown, in major units: with another one by now"
        " nothing is started (409 `not_payable`), since a part may have been paid meanwhile.",
        examples=["82.50"],
    )


class CreatedPayment(BaseModel):
    """What Stripe.js needs. `amount` in Stripe's minor units, `currency` in lower case."""

    clientSecret: str
    publishableKey: str
    stripeAccount: str
    amount: int
    currency: str
    amountText: str = Field(description="The amount in the customer's language.")


class Confirm(BaseModel):
    """The intent that Stripe.js says is done; paymail asks Stripe itself."""

    paymentIntentId: str = Field(pattern="^pi_[A-Za-z0-9_]{1,76}$", examples=["pi_123"])


class Confirmed(BaseModel):
    """The payment is recorded."""

    success: bool
    message: str
    invoice_id: int


class Asked(BaseModel):
    """The request was taken; it says nothing about the link."""

    message: str = "If this link was for an invoice that is still open, a new one is on its way by email."


def router(app: App, limits: PublicLimits) -> APIRouter:
    """Return the public routes."""
    routes = APIRouter(prefix="/api/public/pay", tags=["public"], dependencies=[Depends(limits.every)])

    @routes.get("/{token}", responses=PROBLEMS)
    def get_invoice(token: Token) -> PayInvoice:
        """Show the invoice of a pay link."""
        with app.reading() as session:
            now = app.now()
            return describe(find_by_token(session, token=token, now=now), now=now)

    @routes.post(
        "/{token}/create-payment", responses=PROBLEMS, dependencies=[Depends(limits.paying("create"))]
    )
    def create_payment(token: Token, body: Start = Start()) -> CreatedPayment:
        """Start, or go on with, a payment: of what is owed, of what a payment plan asks for, or of an amount
        where that is allowed."""
        intent, locale = start_payment_in(app, token, body)
        return _created(intent, app.settings.stripe_publishable_key, locale)

    @routes.post(
        "/{token}/confirm-payment", responses=PROBLEMS, dependencies=[Depends(limits.paying("confirm"))]
    )
    def confirm(token: Token, body: Confirm) -> Confirmed:
        """Record a payment, after asking Stripe whether it was made."""
        settled = confirm_payment(app.gateway_context(), token=token, intent_id=body.paymentIntentId)
        return Confirmed(success=True, message="Payment confirmed", invoice_id=settled.invoice_id)

    @routes.post(
        "/{token}/renew",
        status_code=202,
        responses=problems(429, 503),
        dependencies=[Depends(limits.asking)],
    )
    def renew(token: Token) -> Asked:
        """Ask for a new link in place of one that has ended: it is emailed to the address on file, if the
        invoice is still owed. The answer is the same whatever the token."""
        with app.transaction() as session:
            request_new_link(session, token=token, now=app.now())
        return Asked()

    return routes


def start_payment_in(app: App, token: str, asked: Start) -> tuple[Intent, str]:
    """Start a payment; return the intent and the customer's locale."""
    with app.reading() as session:
        invoice = find_by_token(session, token=token, now=app.now())
        locale = invoice.customer.locale or invoice.issuer.locale

    def minor(major: str | None) -> int | None:
        return None if major is None else money.to_minor(money.parse_decimal(major), invoice.currency)

    intent = start_payment(
        app.gateway_context(), token=token, amount=minor(asked.amount), seen=minor(asked.balance)
    )
    return intent, locale


def _created(intent: Intent, publishable_key: str, locale: str) -> CreatedPayment:
    charged = money.Money(money.from_stripe_amount(intent.amount, intent.currency), intent.currency)
    return CreatedPayment(
        clientSecret=intent.client_secret,
        publishableKey=publishable_key,
        stripeAccount=intent.account,
        amount=intent.amount,
        currency=intent.currency.lower(),
        amountText=formats.money(charged, locale),
    )
