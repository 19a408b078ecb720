"""Which of our invoices one of a view is, without checking all of it."""

from collections.abc import Sequence

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.ports.host_database import ShownInvoice
from paymail.services.imports.optional_fields import invoice_key

_Known = Row[int, str, str | None]


def our_ids(session: Session, issuer_id: int, shown: Sequence[ShownInvoice]) -> dict[str, int]:
    """Return by the view's number the id of ours: by the host's id, else by its number, as imports find it.

    What nobody can tell for certain is left out.
    """
    keys = {one.number: invoice_key(one.number) for one in shown if one.rows}
    refs = {one.number: (one.rows[0].get("external_ref") or "").strip() for one in shown if one.rows}
    statement = select(Invoice.invoice_id, Invoice.number, Invoice.external_ref).where(
        Invoice.issuer_id == issuer_id,
        or_(
            Invoice.number.in_(list(keys.values())),
            Invoice.external_ref.in_([ref for ref in refs.values() if ref]),
        ),
    )
    rows = session.execute(statement).all() if keys else []
    by_number = {row.number: row for row in rows}
    by_ref = {row.external_ref: row for row in rows if row.external_ref}
    pairs = {one: _found(refs[one], by_ref.get(refs[one]), by_number.get(keys[one])) for one in keys}
    return {one: row.invoice_id for one, row in pairs.items() if row is not None}


def _found(ref: str, named: _Known | None, numbered: _Known | None) -> _Known | None:
    if not ref:
        return numbered
    if named is not None:
        return named if numbered is None or numbered.invoice_id == named.invoice_id else None
    return None if numbered is None or numbered.external_ref else numbered
