"""Whether a paper or an email is genuine: told to who has its code and the amount on it, and nobody else.

The code is on the paper, so it proves nothing alone; the amount keeps who tries codes from learning anything.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import BankAccount
from paymail.models import Invoice, InvoiceStatus
from paymail.money import exponent
from paymail.services.core.invoices import load_invoice
from paymail.services.core.parties import seller_of

_TAKEN_FOR = str.maketrans("OIL", "011")
_ENDING = 4


class VerifiedState(StrEnum):
    """Where a genuine invoice stands, in as few words as say whether to pay it."""

    OPEN = "open"
    PART_PAID = "part_paid"
    SETTLED = "settled"
    """There is nothing left to pay."""
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Verified:
    """What is told of a genuine invoice."""

    issuer: str
    tax_line: str
    number: str
    state: VerifiedState
    account_ending: str
    """The last digits of the account that transfers go to; empty: there is none."""
    unchanged_since: date | None


def plain_code(typed: str) -> str:
    """Return a code as it is stored, from how somebody typed it."""
    return "".join(c for c in typed.upper() if c.isascii() and c.isalnum()).translate(_TAKEN_FOR)


def verify(session: Session, *, code: str, amount: str) -> Verified | None:
    """Return what is told of the invoice with this code and this total, or balance, as somebody typed them.

    None for any other pair: whether the code or the amount is wrong is nobody's business.
    """
    plain = plain_code(code)
    found = session.scalar(
        select(Invoice.invoice_id).where(Invoice.verify_code == plain, Invoice.status != InvoiceStatus.DRAFT)
    )
    if found is None:
        return None
    invoice = load_invoice(session, invoice_id=found)
    amounts = (invoice.total, invoice.balance)
    if not any(minor and _means(amount, minor, invoice.currency) for minor in amounts):
        return None
    return _verified(invoice)


def _means(typed: str, minor: int, currency: str) -> bool:
    """Whether somebody who typed this may have meant an amount: `AUD $1,234.50`, `1.234,50`, `1234`."""
    digits = "".join(str(unicodedata.decimal(c)) for c in typed if c.isdecimal())
    if not digits or len(digits) > 20:
        return False
    return minor in (int(digits), int(digits) * 10 ** exponent(currency))


def _verified(invoice: Invoice) -> Verified:
    seller = seller_of(invoice.issuer, "")
    return Verified(
        issuer=seller.name,
        tax_line=seller.tax_line,
        number=invoice.number,
        state=_state(invoice),
        account_ending=_account_ending(seller.bank, invoice.currency),
        unchanged_since=seller.bank.unchanged_since if seller.bank else None,
    )


def _state(invoice: Invoice) -> VerifiedState:
    if invoice.status is InvoiceStatus.VOID:
        return VerifiedState.VOID
    if not invoice.balance:
        return VerifiedState.SETTLED
    return VerifiedState.PART_PAID if invoice.received > 0 else VerifiedState.OPEN


def _account_ending(bank: BankAccount, currency: str) -> str:
    number = bank.iban if bank.iban and (currency != "AUD" or not bank.number) else bank.number
    return "".join(c for c in number if c.isalnum())[-_ENDING:]
