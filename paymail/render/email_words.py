"""What only emails write: how much of a line, and the account that a transfer goes to."""

from paymail.documents import BankAccount
from paymail.emails import EmailLine
from paymail.i18n import translations
from paymail.render import formats


def times(line: EmailLine, tag: str) -> str:
    """Write how often a line counts and its price each, with a multiplication sign between them."""
    return formats.times(line.quantity, line.unit_price, line.amount.currency, tag)


def logo_size(logo: bytes) -> tuple[int, int]:
    """Return the width and height that a logo is shown at: half its pixels, for sharp screens.

    Source: Portable Network Graphics (W3C), 11.2.1: where the size stands.
    """
    width, height = (int.from_bytes(logo[at : at + 4], "big") // 2 for at in (16, 20))
    return (width, height) if width and height else (40, 40)


def account(bank: BankAccount, tag: str) -> list[tuple[str, str]]:
    """Return what a transfer needs, each with its name; what is empty is left out."""
    words = translations(tag)
    rows = [
        (words.gettext("Account name"), bank.holder),
        (words.gettext("Bank"), bank.bank),
        ("BSB", bank.bsb),
        (words.gettext("Account number"), bank.number),
        ("PayID", bank.payid),
        ("IBAN", bank.iban),
        ("BIC", bank.bic),
    ]
    return [(name, value) for name, value in rows if value]
