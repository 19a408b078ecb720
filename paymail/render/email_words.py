"""What only emails write: how much of a line, and the account that a transfer goes to."""

from paymail.documents import BankAccount
from paymail.emails import EmailLine
from paymail.i18n import translations
from paymail.money import exponent
from paymail.render import formats


def times(line: EmailLine, tag: str) -> str:
    """Write how often a line counts and its price each, with a multiplication sign between them."""
    each = formats.unit_price(line.unit_price, exponent(line.amount.currency), tag)
    return formats.apart(f"{formats.quantity(line.quantity, tag)} \N{MULTIPLICATION SIGN} {each}", tag)


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
