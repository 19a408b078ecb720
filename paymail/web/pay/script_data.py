"""What the pay page's script needs to take a payment: where it goes, and amounts in Stripe's units."""

from collections.abc import Callable
from dataclasses import dataclass

from paymail.money import (
    STRIPE_MAXIMUM,
    Money,
    NotChargeable,
    exponent,
    from_stripe_amount,
    stripe_amount,
    stripe_minimum,
    stripe_units,
)
from paymail.render import formats


@dataclass(frozen=True, slots=True)
class ScriptData:
    """The account, the key and the currency of a pay page."""

    key: str
    account: str
    currency: str
    locale: str

    @property
    def digits(self) -> int:
        """How many decimals the currency has."""
        return exponent(self.currency)

    @property
    def unit(self) -> int:
        """What Stripe calls one whole of the currency."""
        return stripe_units(10**self.digits, self.currency)

    @property
    def shape(self) -> str:
        """How an amount is written, with `%s` for the number."""
        return formats.money_shape(self.currency, self.locale)

    @property
    def least(self) -> int:
        """The smallest charge, in Stripe's minor units: no less may be left by a part either."""
        return stripe_minimum(self.currency)

    def units(self, amount: Money) -> int:
        """Return an amount in Stripe's minor units; 0 if it cannot be charged at once."""
        return self._converted(stripe_amount, amount)

    def whole(self, balance: Money) -> int:
        """Return a balance in Stripe's minor units, also one above the largest charge; 0 if it has none."""
        return self._converted(stripe_units, balance)

    def _converted(self, convert: Callable[[int, str], int], amount: Money) -> int:
        try:
            return convert(amount.minor, self.currency)
        except NotChargeable:
            return 0

    def top(self, balance: Money) -> Money:
        """Return the largest amount that can be paid at once."""
        return Money(min(balance.minor, from_stripe_amount(STRIPE_MAXIMUM, self.currency)), self.currency)
