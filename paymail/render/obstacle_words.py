"""Why an amount cannot be paid online, in words for the customer."""

from paymail.i18n import marked, translations
from paymail.money import STRIPE_THREE_DECIMAL, Money, Obstacle
from paymail.render import formats

_WORDS = {
    Obstacle.NO_ACCOUNT: marked("This invoice cannot be paid online."),
    Obstacle.CURRENCY: marked("%(amount)s cannot be paid online: cards cannot be charged in %(currency)s."),
    Obstacle.BELOW_MINIMUM: marked(
        "%(amount)s cannot be paid online: it is less than the smallest amount that a card can be charged."
    ),
    Obstacle.ABOVE_MAXIMUM: marked(
        "%(amount)s cannot be paid online: it is more than the largest amount that a card can be charged."
    ),
    Obstacle.LAST_DIGIT: marked(
        "%(amount)s cannot be paid online: card payments in %(currency)s need a last digit of 0."
    ),
}
_WHOLE = marked("%(amount)s cannot be paid online: card payments in %(currency)s are in whole units only.")


def obstacle_words(obstacle: str, amount: Money, tag: str) -> str:
    """Say why an amount cannot be paid online; `obstacle` is one of `money.Obstacle`."""
    whole = obstacle == Obstacle.LAST_DIGIT and amount.currency not in STRIPE_THREE_DECIMAL
    words = translations(tag).gettext(_WHOLE if whole else _WORDS[Obstacle(obstacle)])
    return words % {"amount": formats.money(amount, tag), "currency": amount.currency}
