"""What one search box finds: numbers, customers, addresses, amounts, order numbers, and statuses in words."""

import re
from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import Customer, Invoice, InvoiceStatus, Issuer, PaymentStatus
from paymail.money import CURRENCIES, BadAmount, exponent, parse_decimal, to_minor

DECIMALS = {n: tuple(c for c in sorted(CURRENCIES) if exponent(c) == n) for n in (0, 2, 3)}
"""The currencies by how many decimals they have."""


_REFERENCE = re.compile(r"INV(?P<kept>[A-Z0-9]+(?:-[A-Z0-9]+)*)(?P<mark>--[A-Z2-7]{5})?", re.IGNORECASE)


def named(find: str) -> ColumnElement[bool]:
    """Return the condition that a customer's name or address has a text in it, taken literally."""
    return or_(
        Customer.name.icontains(find, autoescape=True), Customer.email.icontains(find, autoescape=True)
    )


def found(find: str) -> ColumnElement[bool]:
    """Return the condition that an invoice, joined with its customer, is what a person looks for."""
    return or_(
        _numbered(bare(find)),
        named(find),
        Invoice.purchase_order.icontains(find, autoescape=True),
        *_amounts(find),
        *_statuses(find),
    )


def bare(find: str) -> str:
    """Return what was typed as a number without the `#` that people write before it."""
    return find.strip().removeprefix("#").strip()


def the_one(session: Session, *, find: str) -> int | None:
    """Return the id of the only invoice that has exactly this number, if there is one."""
    number = bare(find)
    if not number or len(number) > 40:
        return None
    statement = select(Invoice.invoice_id).where(
        Invoice.issuer_id.in_(select(Issuer.issuer_id)), Invoice.number == number
    )
    ids = list(session.scalars(statement.limit(2)))
    return ids[0] if len(ids) == 1 else None


def _numbered(number: str) -> ColumnElement[bool]:
    if not number:
        return false()
    prefix, _, digits = number.rpartition("-")
    # Whoever types INV-502 may mean our 502, and who types 502 the host's INV-502.
    other = [Invoice.number == digits] if digits.isdecimal() and prefix.isalpha() else []
    if referred := _REFERENCE.fullmatch(number):
        # As it stands in a bank's statement: behind two hyphens are letters of its own, and each hyphen
        # before them may stand for what a bank refuses (`documents/references.py`).
        kept = referred["kept"]
        marked = Invoice.number.ilike("%".join(kept.split("-")))
        other.append(marked if referred["mark"] else func.lower(Invoice.number) == kept.lower())
    same = func.lower(Invoice.number) == number.lower()
    return or_(same, Invoice.number.iendswith(f"-{number}", autoescape=True), *other)


def _amounts(find: str) -> Iterator[ColumnElement[bool]]:
    text = find.strip().lstrip("$€£¥").replace(",", "").strip()
    try:
        amount = parse_decimal(text)
    except BadAmount:
        return
    for decimals, currencies in DECIMALS.items():
        try:
            minor = to_minor(amount, currencies[0])
        except PaymailError:
            continue
        if 0 < minor < 2**62:
            same = or_(Invoice.total == minor, Invoice.shortfall == minor)
            yield and_(same, _has(decimals, currencies))


def _has(decimals: int, currencies: tuple[str, ...]) -> ColumnElement[bool]:
    if decimals != 2:
        return Invoice.currency.in_(currencies)
    return Invoice.currency.not_in((*DECIMALS[0], *DECIMALS[3]))


def _statuses(find: str) -> Iterator[ColumnElement[bool]]:
    word = "_".join(find.lower().split())
    if word in set(PaymentStatus):
        yield Invoice.payment_status == word
    if word in set(InvoiceStatus):
        yield Invoice.status == word
