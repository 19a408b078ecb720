"""What one search box finds: numbers, customers, addresses, amounts, order numbers, and statuses in words."""

import re
from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select, union
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import Customer, Invoice, InvoiceStatus, Issuer, PaymentStatus
from paymail.money import CURRENCIES, BadAmount, exponent, parse_decimal, to_minor
from paymail.services.lists.payment_state import OWED

_BACK = func.reverse(func.lower(Invoice.number))
"""As `ix_invoices_number_back` has it, on PostgreSQL."""
_ORDERED = Invoice.purchase_order != literal_column("''")
"""As `ix_invoices_purchase_order` has it, where there are trigrams."""
_PIECES = re.compile(r"/.|.", re.DOTALL)
"""A pattern's characters, each with what escapes it."""
DECIMALS = {n: tuple(c for c in sorted(CURRENCIES) if exponent(c) == n) for n in (0, 2, 3)}
"""The currencies by how many decimals they have."""


_REFERENCE = re.compile(r"INV(?P<kept>[A-Z0-9]+(?:-[A-Z0-9]+)*)(?P<mark>--[A-Z2-7]{5})?", re.IGNORECASE)


FEW = 200
"""So many customers of a name are looked up one by one. Of more than that any page is full at once."""


def named(session: Session, find: str) -> ColumnElement[bool]:
    """Return the condition that an invoice's customer has a text in its name or address, taken literally.

    One statement: which customers these are, if they are few.
    """
    known = select(Customer.customer_id).where(
        or_(Customer.name.icontains(find, autoescape=True), Customer.email.icontains(find, autoescape=True))
    )
    few = session.scalars(known.limit(FEW + 1)).all()
    return Invoice.customer_id.in_(few if len(few) <= FEW else known)


def found(session: Session, find: str) -> ColumnElement[bool]:
    """Return the condition that an invoice is what a person looks for.

    Each part by itself is answered by an index; their `OR` over the whole table is by none, so that what the
    parts find is put together by id. One statement: which customers have that name, if they are few.
    """
    customers = named(session, find)
    server = session.get_bind().dialect.name == "postgresql"
    # Sums and orders of what many have (a common name, a status) are found by going through the list.
    many = [*_statuses(find)]
    parts = [
        customers,
        *_numbered(bare(find), server=server),
        and_(_ORDERED, Invoice.purchase_order.icontains(find, autoescape=True)),
        *_amounts(find),
    ]
    ids = union(*(select(Invoice.invoice_id).where(part) for part in parts))
    return or_(Invoice.invoice_id.in_(ids), *many) if many else Invoice.invoice_id.in_(ids)


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


def _numbered(number: str, *, server: bool) -> Iterator[ColumnElement[bool]]:
    if not number:
        return
    prefix, _, digits = number.rpartition("-")
    # Whoever types INV-502 may mean our 502, and who types 502 the host's INV-502.
    if digits.isdecimal() and prefix.isalpha():
        yield _is_number(digits, server=server)
    if referred := _REFERENCE.fullmatch(number):
        # As it stands in a bank's statement: behind two hyphens are letters of its own, and each hyphen
        # before them may stand for what a bank refuses (`documents/references.py`).
        kept = referred["kept"]
        if referred["mark"] and "-" in kept:
            yield _like("%".join(kept.split("-")), server=server)
        else:
            yield _is_number(kept, server=server)
    yield _is_number(number, server=server)
    yield _like(f"%-{_literal(number)}", server=server)


def _is_number(number: str, *, server: bool) -> ColumnElement[bool]:
    if server:
        return _BACK.in_([number.lower()[::-1]])
    return func.lower(Invoice.number) == number.lower()


def _like(pattern: str, *, server: bool) -> ColumnElement[bool]:
    """Return the condition that a number is like a pattern, in any case: from its end, which the index has.

    The `%` of a pattern stand before its end, and what is meant literally has no character of two pieces.
    """
    if not server:
        return Invoice.number.ilike(pattern, escape="/")
    turned = "".join(reversed(_PIECES.findall(pattern.lower())))
    return _BACK.like(turned, escape="/")


def _literal(number: str) -> str:
    return re.sub(r"([%_/])", r"/\1", number)


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
            yield and_(Invoice.total == minor, _has(decimals, currencies))
            yield and_(OWED, Invoice.shortfall == minor, _has(decimals, currencies))


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
