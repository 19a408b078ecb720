"""How a payment was made, in words (Stripe documentation, "The Charge object": payment_method_details)."""

from paymail.gateway.translation.fields import optional, text
from paymail.gateway.translation.method_names import BRANDS, METHODS, WALLETS

_CARDS = frozenset({"card", "card_present", "interac_present", "kr_card"})
_ENDINGS = ("last4", "iban_last4")
"""Where a kind of method keeps the digits that its owner knows it by; Swish's are of a telephone."""
_LONGEST = 24
"""Characters of a word that we have no name for: the whole must fit `Payment.method`."""


def method_of(details: object) -> str:
    """Return what the customer paid with: `Visa (Apple Pay) ending 4242`; empty when Stripe does not say."""
    name, digits = name_of(details), digits_of(details)
    return f"{name} ending {digits}" if digits else name


def name_of(details: object) -> str:
    """Return the brand or method, with the wallet that it came from."""
    kind = text(details, "type")
    about = optional(details, kind) if kind else None
    name = (_brand(about) if kind in _CARDS else "") or METHODS.get(kind) or readable_word(kind)
    wallet = _wallet(about)
    return name + (f" ({wallet})" if wallet not in ("", name) else "")


def digits_of(details: object) -> str:
    """Return the last digits that its owner knows it by; empty where it has none."""
    about = optional(details, text(details, "type"))
    return next((found for field in _ENDINGS if (found := text(about, field))), "")[:8]


def _brand(about: object) -> str:
    # The brand is what stands on the card; the network, which carried the payment, may be another.
    word = text(about, "brand") or text(about, "network")
    return "" if word == "unknown" else BRANDS.get(word) or readable_word(word)


def _wallet(about: object) -> str:
    word = text(about, "wallet", "type")
    return WALLETS.get(word) or readable_word(word)


def readable_word(word: str) -> str:
    """Return a word of Stripe's that we have no name for as people write one: `new_pay` becomes `New Pay`."""
    parts = "".join(letter if letter.isprintable() else " " for letter in word.replace("_", " ")).split()
    return " ".join(part[0].upper() + part[1:] for part in parts)[:_LONGEST].rstrip()
