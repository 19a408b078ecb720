"""The texts that the pay page's script shows, by what happened; in the customer's language."""

from paymail.i18n import marked, translations

_WORDS = {
    "pay": marked("Pay %(amount)s"),
    "paying": marked("Paying…"),
    "blocked": marked(
        "The payment form could not be loaded. Please check that your browser is not blocking Stripe, then"
        " reload."
    ),
    "load": marked("The payment form could not be loaded. Please reload the page."),
    "offline": marked("You seem to be offline. Please try again when you are connected."),
    "failed": marked("The payment did not go through. You can try again."),
    "again": marked("The amount has changed. Please check it and press the button again."),
    "payment_replaced": marked(
        "This invoice is also being paid in another window. Please check there, or press the button again."
    ),
    "payment_in_progress": marked(
        "A payment for this invoice is being recorded or clearing. Please reload the page."
    ),
    "payment_waiting": marked(
        "A payment for this invoice was started and waits for you to make it. Please reload the page."
    ),
    "not_payable": marked("This invoice has changed. Please reload the page."),
    "amount_not_allowed": marked("This amount cannot be paid. Please choose another one."),
    "amount_not_chargeable": marked("This amount cannot be paid online. Please choose another one."),
    "bad_amount": marked("This amount cannot be paid. Please choose another one."),
    "link_expired": marked("This payment link has expired. Please reload the page."),
    "link_replaced": marked("This payment link is no longer valid. Please check for a more recent email."),
    "no_such_link": marked("This payment link is no longer valid. Please check for a more recent email."),
    "rate_limited": marked("Too many attempts. Please wait a minute and try again."),
    "too_many_declines": marked("Too many cards were declined. Please try again in an hour."),
    "database_unavailable": marked(
        "We cannot reach our records right now. If you have just paid, please do not pay again. Otherwise"
        " please try again in a minute."
    ),
    "cannot_save": marked(
        "This payment method cannot be saved. To pay without saving it, untick the box and try again."
    ),
    "payments_on_hold": marked("Online payment is paused for a short time. Please try again later."),
    "payment_unavailable": marked("Online payment is not available at the moment. Please try again later."),
    "stripe_refused": marked(
        "Something is wrong with online payment for this invoice. Please contact the sender of the invoice."
    ),
    "busy": marked("The payment service is not responding. Please try again in a minute."),
}


def script_words(locale: str) -> dict[str, str]:
    """Return each text in the language of a locale."""
    words = translations(locale).gettext
    return {key: words(text) for key, text in _WORDS.items()}
