"""The instalments of a payment plan as emails show them."""

from dataclasses import dataclass
from datetime import date

from paymail.money import Money


@dataclass(frozen=True, slots=True)
class EmailInstalment:
    """One instalment; `open` is what of it is still to be paid."""

    due: date
    amount: Money
    open: Money
