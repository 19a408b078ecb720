"""Whether each issuer can bill: the ABN that GST needs, tax ids, and the tax in Australian dollars."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from paymail import tax_ids
from paymail.checks.findings import Finding, Subject, failed, ok, warning
from paymail.models import Invoice, InvoiceStatus, Issuer
from paymail.services.core.issuers import all_issuers
from paymail.services.core.tax_invoices import AUSTRALIA, GST, bare_tax_id, lacks_abn

CHECK = "issuers"


def identities(subject: Subject) -> Iterator[Finding]:
    """What an invoice of each issuer would lack."""
    with subject.app.reading() as session:
        found = [one for issuer in all_issuers(session) for one in _of(session, issuer)]
    yield from found or [ok(CHECK, "nothing is missing on their invoices")]


def _of(session: Session, issuer: Issuer) -> Iterator[Finding]:
    remedy = f"`paymail issuers set {issuer.issuer_id} tax_id=…`"
    if lacks_abn(issuer):
        taxed = select(Invoice.invoice_id).where(
            Invoice.issuer_id == issuer.issuer_id,
            Invoice.tax_amount != 0,
            Invoice.status != InvoiceStatus.VOID,
        )
        say = failed if session.scalar(taxed.limit(1)) is not None else warning
        yield say(CHECK, f"{issuer.name} has no valid ABN: its invoices with GST are not sent", remedy)
    elif _is_wrong(issuer):
        label = tax_ids.label_of(issuer.country, issuer.tax_name)
        yield warning(CHECK, f"the tax id of {issuer.name} is no valid {label}", remedy)
    if issuer.country == AUSTRALIA and issuer.tax_name == GST:
        yield from _without_dollars(session, issuer)


def _is_wrong(issuer: Issuer) -> bool:
    tax_id = bare_tax_id(issuer)
    return bool(tax_id) and tax_ids.is_known(issuer.country) and not tax_ids.is_valid(tax_id, issuer.country)


def _without_dollars(session: Session, issuer: Issuer) -> Iterator[Finding]:
    """Source: GSTR 2001/2, paragraph 41."""
    lacking = select(func.count(), func.min(Invoice.invoice_id)).where(
        Invoice.issuer_id == issuer.issuer_id,
        Invoice.currency != "AUD",
        Invoice.tax_amount != 0,
        Invoice.tax_aud == 0,
        Invoice.status == InvoiceStatus.SENT,
        Invoice.shortfall > 0,
    )
    count, first = session.execute(lacking).one()
    if count:
        yield warning(
            CHECK,
            f"{count} unpaid invoice(s) of {issuer.name} with GST in another currency do not say it in"
            f" Australian dollars (the first has the id {first})",
            "give `tax_amount_aud` when you import",
        )
