"""The kinds of payment method: which the sandbox has, which Stripe has, and what each of them needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paymail.sandbox.errors import ApiError, missing_param
from paymail.sandbox.words import words


@dataclass(frozen=True, kw_only=True)
class MethodKind:
    """One kind; without `currencies` it takes all. `elsewhere`: the customer pays outside the page."""

    currencies: frozenset[str] = frozenset()
    needs: tuple[str, ...] = ()
    """The billing details that a confirmation must bring."""
    elsewhere: bool = False
    needs_customer: bool = False

    def takes(self, currency: str) -> bool:
        """Say whether a payment in this currency may be made so."""
        return not self.currencies or currency in self.currencies


KINDS: dict[str, MethodKind] = {
    "card": MethodKind(),
    "au_becs_debit": MethodKind(currencies=words("aud")),
    "payto": MethodKind(currencies=words("aud"), elsewhere=True),
    "konbini": MethodKind(currencies=words("jpy"), needs=("name", "email"), elsewhere=True),
    "oxxo": MethodKind(currencies=words("mxn"), needs=("name", "email"), elsewhere=True),
    "multibanco": MethodKind(currencies=words("eur"), needs=("email",), elsewhere=True),
    "customer_balance": MethodKind(
        currencies=words("eur gbp jpy mxn usd"), elsewhere=True, needs_customer=True
    ),
}

# Every kind that Stripe's API 2026-10-28 knows; a contract test holds it against the SDK.
STRIPE_KINDS = words(
    """acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit bancontact billie
    bizum blik boleto card cashapp crypto customer_balance eps fpx giropay grabpay ideal kakao_pay klarna
    konbini kr_card mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24 pay_by_bank payco paynow
    paypal paypay payto pix promptpay revolut_pay samsung_pay satispay scalapay sepa_debit sequra sofort
    sunbit swish twint upi us_bank_account wechat_pay zip"""
)


def check_excluded(excluded: Sequence[str]) -> list[str]:
    """Return what may not be used to pay; a kind that Stripe does not know is refused."""
    for place, kind in enumerate(excluded):
        if kind not in STRIPE_KINDS:
            param = f"excluded_payment_method_types[{place}]"
            known = ", ".join(sorted(STRIPE_KINDS))
            raise ApiError(f"Invalid {param}: must be one of {known}", param=param)
    return list(excluded)


def check_named(named: Sequence[str], currency: str) -> list[str]:
    """Return the kinds that an intent names, or refuse one that cannot be."""
    for kind in named:
        if kind not in KINDS:
            message = (
                f'The payment method type "{kind}" is invalid. Please ensure the provided type is activated '
                "in your dashboard and that any preview features needed are enabled."
            )
            raise ApiError(message, param="payment_method_types")
        if not KINDS[kind].takes(currency):
            wanted = ", ".join(sorted(KINDS[kind].currencies))
            message = f"The payment method type {kind} supports only the currencies {wanted}."
            raise ApiError(message, code="payment_method_currency_mismatch", param="payment_method_types")
    return list(named)


def offered(currency: str, excluded: Iterable[str], *, customer: bool) -> list[str]:
    """Return the kinds that Stripe picks itself for a currency."""
    left = set(excluded)
    return [
        name
        for name, kind in KINDS.items()
        if kind.takes(currency) and name not in left and (customer or not kind.needs_customer)
    ]


def check_billing(kind: str, billing: dict[str, object]) -> None:
    """Refuse a payment method without the billing details that its kind needs."""
    for name in KINDS[kind].needs:
        if not billing.get(name):
            raise missing_param(f"billing_details[{name}]")
