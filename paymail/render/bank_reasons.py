"""Why a payment was refused, in words for the customer. Source: Stripe documentation, "Error codes" and
"Decline codes"."""

from paymail.i18n import marked, translations

_NO_MONEY = marked("there was not enough money in the account")
_CLOSED = marked("the account is closed")
_NO_ACCOUNT = marked("the bank could not find the account")
_FORBIDDEN = marked("the bank does not allow this kind of payment from the account")
_AGREEMENT = marked("the agreement to debit the account was cancelled or is not valid")
_LATE = marked("the payment was not confirmed in time")
_LIMIT = marked("the amount is above a limit of the account")
_EXPIRED = marked("the card has expired")
_DECLINED = marked("you declined it")
_WORDS = {
    "insufficient_funds": _NO_MONEY,
    "account_closed": _CLOSED,
    "bank_account_closed": _CLOSED,
    "bank_account_invalid_details": _NO_ACCOUNT,
    "invalid_account": _NO_ACCOUNT,
    "no_account": _NO_ACCOUNT,
    "bank_account_restricted": _FORBIDDEN,
    "bank_account_unusable": _FORBIDDEN,
    "transaction_not_allowed": _FORBIDDEN,
    "debit_not_authorized": _AGREEMENT,
    "payment_intent_mandate_invalid": _AGREEMENT,
    "charge_exceeds_source_limit": _LIMIT,
    "charge_exceeds_transaction_limit": _LIMIT,
    "charge_exceeds_weekly_limit": _LIMIT,
    "expired_card": _EXPIRED,
    "payment_intent_payment_attempt_expired": _LATE,
    "payment_method_provider_timeout": _LATE,
    "payment_method_customer_decline": _DECLINED,
}
"""Other codes say no more than that it was refused."""


def reason(code: str, tag: str) -> str:
    """Return why, in the reader's words; empty where the bank's `code` says nothing that we know."""
    words = _WORDS.get(code, "")
    return translations(tag).gettext(words) if words else ""
