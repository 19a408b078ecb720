"""What is the installation's own: not the companies and invoices that a first start comes with."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Import, Invoice, Issuer
from paymail.services.core.history import SAMPLE


@dataclass(frozen=True, slots=True)
class Own:
    """The issuers that are not the sample's, and whether there is an invoice of one of them."""

    issuers: tuple[Issuer, ...]
    invoiced: bool


def own(session: Session, issuers: Sequence[Issuer]) -> Own:
    """Return which of all `issuers` are the installation's own. Two statements."""
    made_up = set(session.scalars(select(Import.issuer_id).where(Import.actor == SAMPLE).distinct()))
    mine = tuple(one for one in issuers if one.issuer_id not in made_up)
    ids = [one.issuer_id for one in mine]
    invoice = select(Invoice.invoice_id).where(Invoice.issuer_id.in_(ids)).limit(1)
    return Own(mine, session.scalar(invoice) is not None)
