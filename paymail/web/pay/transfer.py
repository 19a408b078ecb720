"""How to pay by bank transfer, row by row, each with what its button copies."""

from dataclasses import dataclass
from datetime import date
from gettext import NullTranslations

from segno import helpers

from paymail.documents import BankAccount, InvoiceDocument
from paymail.i18n import translations
from paymail.money import Money

_EPC_NAME, _EPC_MOST = 70, 99_999_999_999
"""Characters of a name, and cents, that a transfer's QR code takes (EPC069-12, version 2.1)."""


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A label in the customer's words, what is shown, and what its button copies (empty: it has none)."""

    label: str
    value: str = ""
    copied: str = ""
    amount: Money | None = None
    """Shown in place of `value`."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a customer gives their bank."""

    rows: tuple[TransferRow, ...]
    code: str
    """A picture that banking apps read as this transfer; empty where there is no such standard."""
    unchanged_since: date | None


def transfer_of(document: InvoiceDocument, asked: Money) -> Transfer | None:
    """Return how to transfer what is asked for; None where there is nothing to pay, or no account."""
    bank = document.issuer.bank.in_currency(asked.currency)
    if not bank or not asked.minor:
        return None
    abroad = bool(bank.iban)
    words = translations(document.locale)
    found = (
        TransferRow(words.gettext("Account name"), bank.holder, bank.holder),
        TransferRow(words.gettext("Bank"), bank.bank),
        *(_by_iban(bank) if abroad else _by_number(bank, words)),
        TransferRow(words.gettext("Amount"), copied=str(asked.decimal), amount=asked),
        TransferRow(words.gettext("Reference"), document.reference, document.reference),
    )
    rows = tuple(row for row in found if row.value or row.amount)
    return Transfer(rows, _code(document, asked) if abroad else "", bank.unchanged_since)


def _by_iban(bank: BankAccount) -> tuple[TransferRow, ...]:
    iban = TransferRow("IBAN", bank.iban, bank.iban.replace(" ", ""))
    return iban, TransferRow("BIC", bank.bic, bank.bic)


def _by_number(bank: BankAccount, words: NullTranslations) -> tuple[TransferRow, ...]:
    return (
        TransferRow("BSB", bank.bsb, bank.bsb),
        TransferRow(words.gettext("Account number"), bank.number, bank.number.replace(" ", "")),
        TransferRow("PayID", bank.payid, bank.payid),
    )


def _code(document: InvoiceDocument, asked: Money) -> str:
    """Return the QR code of a transfer in euros as a `data:` address (EPC069-12)."""
    bank = document.issuer.bank
    if asked.currency != "EUR" or asked.minor > _EPC_MOST:
        return ""
    name = (bank.holder or document.issuer.name)[:_EPC_NAME]
    try:
        code = helpers.make_epc_qr(
            name, bank.iban.replace(" ", ""), asked.decimal, text=document.reference, encoding="utf-8"
        )
    except ValueError:
        return ""  # the rows say all of it
    return str(code.png_data_uri(scale=4, border=0))
