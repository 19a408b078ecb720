"""Whether a paper or an email is genuine: told to who has its code and the amount on it, and nobody else.

The code is on the paper, so it proves nothing alone; the amount keeps who tries codes from learning anything.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import BankAccount
from paymail.models import Invoice, InvoiceStatus, Payment, Refund
from paymail.money import exponent
from paymail.services.core.invoices import load_invoice
from paymail.services.core.parties import seller_of
from paymail.services.plans.coverage import plan_of

_TAKEN_FOR = str.maketrans("OIL", "011")
_ENDING = 4
_MOST_DIGITS = 20
_DECIMALS = re.compile(r"[.,\u066b]([0-9]+)[^0-9]*$")
"""What follows the last decimal point or comma (or the Arabic one)."""


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
    """Return what is told of the invoice with this code and one of its amounts, as somebody typed them.

    None for any other pair: whether the code or the amount is wrong is nobody's business.
    """
    plain = plain_code(code)
    found = session.scalar(
        select(Invoice.invoice_id).where(Invoice.verify_code == plain, Invoice.status != InvoiceStatus.DRAFT)
    )
    if found is None:
        return None
    invoice = load_invoice(session, invoice_id=found)
    if not _meant(amount, invoice.currency) & _amounts(session, invoice):
        return None
    return _verified(invoice)


def _amounts(session: Session, invoice: Invoice) -> set[int]:
    """Return every amount that a paper or an email of the invoice may show as its own, in minor units.

    The total, each balance that it had, what was paid or given back, and what its plan asks for. Nothing is
    one only where the total is: else whoever has a code could try it.
    """
    found = {invoice.total, invoice.balance}
    mine = select(Payment.amount, Payment.balance_after).where(Payment.invoice_id == invoice.invoice_id)
    for paid, after in session.execute(mine):
        found |= {paid, after, after + paid}
    found.update(session.scalars(select(Refund.amount).where(Refund.invoice_id == invoice.invoice_id)))
    plan = plan_of(invoice)
    asked = 0
    for part in plan.left if plan else ():
        asked += part.open
        found |= {part.amount, part.open, asked}
    return {one for one in found if one or not invoice.total}


def _meant(typed: str, currency: str) -> set[int]:
    """Return the amounts, in minor units, that somebody who typed this may have meant: `AUD $1,234.50`,
    `1.234,5`, `1234`."""
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in typed if not c.isspace())
    digits = "".join(c for c in plain if c.isdecimal())
    if not digits or len(digits) > _MOST_DIGITS:
        return set()
    decimals = exponent(currency)
    found = {int(digits), int(digits) * 10**decimals}
    if ending := _DECIMALS.search(plain):
        after = ending[1].rstrip("0")
        if len(after) <= decimals:
            whole = digits[: len(digits) - len(ending[1])] or "0"
            found.add(int(whole + after.ljust(decimals, "0")))
    return found


def _verified(invoice: Invoice) -> Verified:
    seller = seller_of(invoice.issuer, "", invoice.currency)
    return Verified(
        issuer=seller.name,
        tax_line=seller.tax_line,
        number=invoice.number,
        state=_state(invoice),
        account_ending=_account_ending(seller.bank),
        unchanged_since=seller.bank.unchanged_since if seller.bank else None,
    )


def _state(invoice: Invoice) -> VerifiedState:
    if invoice.status is InvoiceStatus.VOID:
        return VerifiedState.VOID
    if not invoice.balance:
        return VerifiedState.SETTLED
    return VerifiedState.PART_PAID if invoice.received > 0 else VerifiedState.OPEN


def _account_ending(bank: BankAccount) -> str:
    return "".join(c for c in bank.iban or bank.number if c.isalnum())[-_ENDING:]
