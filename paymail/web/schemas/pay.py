"""What goes to and fro behind a pay link, as JSON."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from paymail import money
from paymail.models import ObjectionReason
from paymail.ports.payments import Intent
from paymail.render import formats
from paymail.services.customers import objections, promises
from paymail.web.http.inputs import LARGEST_ID
from paymail.web.schemas.body import Body
from paymail.web.schemas.suppressions import Address


class StartPayment(BaseModel):
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
    saveMethod: str | None = Field(
        None,
        max_length=20,
        description="If the customer ticked to save the payment method: `save_consent`, as you were given it"
        " with the text that they ticked. Never send it without their tick.",
        examples=["1"],
    )


class CreatedPayment(BaseModel):
    """What Stripe.js needs. `amount` in Stripe's minor units, `currency` in lower case."""

    clientSecret: str
    publishableKey: str
    stripeAccount: str
    amount: int
    currency: str
    amountText: str = Field(description="The amount in the customer's language.")

    @classmethod
    def of(cls, intent: Intent, *, publishable_key: str, locale: str) -> "CreatedPayment":
        """Return what the page of a customer needs to pay an intent."""
        charged = money.Money(money.from_stripe_amount(intent.amount, intent.currency), intent.currency)
        return cls(
            clientSecret=intent.client_secret,
            publishableKey=publishable_key,
            stripeAccount=intent.account,
            amount=intent.amount,
            currency=intent.currency.lower(),
            amountText=formats.money(charged, locale),
        )


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

    message: str = "If this link was for an invoice that is still unpaid, a new link is on its way by email."


class AlreadyPaid(Body):
    """When and how, in the customer's words."""

    text: str = Field("", max_length=promises.LONGEST_TEXT, examples=["By bank transfer on Monday"])


class Promise(Body):
    """The day, on the issuer's calendar: from today up to 60 days ahead."""

    date: date


class RaiseObjection(Body):
    """What is wrong with the invoice."""

    reason: ObjectionReason
    lines: list[int] = Field(
        [], max_length=100, description="Numbers of the lines that it is about (`line`); others are left out."
    )
    words: str = Field("", max_length=objections.LONGEST_WORDS, examples=["2.75 hours were agreed."])
    answer_to: str = Field(
        "", max_length=320, description="Where the answer is emailed to; empty: the address on file."
    )


class Objected(BaseModel):
    """Staff are told, and reminders wait until they have answered."""

    success: bool = True


class CopyReceipt(Body):
    """Which receipt, and to whom."""

    to: Address = Field(examples=["books@accountant.example"])
    receipt: int = Field(ge=1, le=2**31 - 1, description="The number of the receipt: 1 of `R-000001`.")


class Copied(BaseModel):
    """The copy is on its way."""

    success: bool = True


class Heard(BaseModel):
    """Staff are told, and reminders wait."""

    success: bool = True
    reminders_wait_until: datetime


class RemoveMethod(Body):
    """Which of the customer's saved payment methods."""

    id: int = Field(ge=1, le=LARGEST_ID, description="`saved_method.id` of the invoice.")


class RemovedMethod(BaseModel):
    """It is not used any more."""

    success: bool = True
