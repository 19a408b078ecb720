"""Payment method domains: where Stripe shows wallets (Apple Pay, Google Pay) and Link, per account."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Wallet:
    """One way to pay that needs a domain. `reason` is the provider's word for why it is inactive."""

    name: str
    """`apple_pay`, `google_pay` or `link`."""
    active: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PaymentDomain:
    """A domain of an account (Stripe documentation, "The Payment Method Domain object")."""

    id: str
    name: str
    enabled: bool
    wallets: tuple[Wallet, ...]

    @property
    def complete(self) -> bool:
        """Whether every wallet can be shown there."""
        return self.enabled and all(wallet.active for wallet in self.wallets)


class PaymentDomains(Protocol):
    """The domains of connected accounts. Raises `Unavailable` when a retry may help, other kinds when not."""

    def find(self, *, account: str, name: str) -> PaymentDomain | None:
        """Return the account's domain of this name, enabled or not."""
        ...

    def create(self, *, account: str, name: str) -> PaymentDomain:
        """Register a domain for the account. Raises InvalidInput for a name that cannot be one."""
        ...

    def enable(self, *, account: str, domain_id: str) -> PaymentDomain:
        """Enable a domain that was disabled."""
        ...

    def validate(self, *, account: str, domain_id: str) -> PaymentDomain:
        """Have the provider look again at what was inactive."""
        ...
