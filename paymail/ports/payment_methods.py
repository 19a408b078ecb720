"""The kinds of payment method, in Stripe's words: which the pay page takes, and which it must not offer."""

HANDLED = frozenset(
    # At once, after a check in a dialog of Stripe.js or on the page of a bank or wallet, or by a QR code.
    "affirm afterpay_clearpay alipay alma amazon_pay bancontact billie card cashapp crypto eps fpx giropay"
    " grabpay ideal kakao_pay klarna kr_card mobilepay naver_pay p24 pay_by_bank payco paynow paypal paypay"
    " pix promptpay revolut_pay samsung_pay satispay scalapay sequra sofort sunbit swish twint upi"
    " wechat_pay zip"
    # Cleared by the bank within days.
    " au_becs_debit bacs_debit nz_bank_account sepa_debit us_bank_account"
    # By the customer's own act: with a code, or in their bank's app.
    " bizum boleto konbini mb_way multibanco oxxo payto".split()
)

EXCLUDED = ("acss_debit", "blik", "customer_balance")
"""Kinds that cannot be paid here, so that no intent and no form offers them.

Source: Stripe documentation, "Collect payment details before creating an Intent": this way of paying takes
no BLIK and no ACSS debits. Bank transfers (`customer_balance`) need a Customer at Stripe: an intent here
has one only where the customer ticked to save the method, and a transfer leaves none to save. A test holds
both lists against the kinds that Stripe's SDK names.
"""
