"""Payment methods that stay at the provider for later, as far as we use them."""

from dataclasses import dataclass
from typing import Protocol

FUTURE_USAGE = "on_session"
"""How a kept method is to be used: for payments that the customer makes. Charging it without them needs
another consent, and `off_session` (Stripe documentation, "Save a customer's payment method …")."""


@dataclass(frozen=True, slots=True)
class ReusableMethod:
    """A method that a payment left with a customer at the provider."""

    id: str
    customer: str
    """The provider's id of the customer that it belongs to."""
    brand: str
    """For people: `Visa`, `Bank debit`."""
    last4: str = ""
    exp_month: int | None = None
    exp_year: int | None = None


class SavedMethods(Protocol):
    """The part of the payment provider that keeps methods. Raises `Unavailable` when a retry may help."""

    def create_customer(self, *, account: str, reference: str, idempotency_key: str) -> str:
        """Make a customer on the connected account; return its id. It is given no name and no address.

        `reference` names our customer. Raises KeySpent too.
        """
        ...

    def detach_method(self, *, account: str, method_id: str) -> None:
        """Take a method from its customer, so that it can never be charged again. Safe to repeat."""
        ...

    def is_attached(self, *, account: str, method_id: str) -> bool:
        """Say whether a method still belongs to a customer."""
        ...
