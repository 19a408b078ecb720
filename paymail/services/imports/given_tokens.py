"""Pay links that the host mailed before paymail came: whose they may become."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.services.imports.faults import Fault
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.links import replaced_tokens

COLUMN = "payment_token"


def token_faults(
    session: Session, hosts: Sequence[HostInvoice], known: Mapping[int, Invoice]
) -> dict[int, Fault]:
    """Return by `at` why the tokens of some invoices cannot be theirs. No fault says what a token is.

    `known` are those of them that are here already, by number: their links are not changed by a file.
    """
    given = [host for host in hosts if host.payment_token]
    tokens = [host.payment_token or "" for host in given]
    if not tokens:
        return {}
    statement = select(Invoice.payment_token, Invoice.invoice_id).where(Invoice.payment_token.in_(tokens))
    owners = {str(token): invoice_id for token, invoice_id in session.execute(statement)}
    former = replaced_tokens.former(session, tokens=tokens)
    faults: dict[int, Fault] = {}
    for host in given:
        token = host.payment_token or ""
        if reason := _reason(host, known.get(host.invoice_id), owners.get(token), former.get(token)):
            faults[host.at] = Fault(host.at, COLUMN, f"invoice {host.invoice_id}: {reason}")
        owners.setdefault(token, host.invoice_id)
    return faults


def _reason(host: HostInvoice, invoice: Invoice | None, owner: int | None, former: int | None) -> str:
    """Return why a token is refused, or nothing. `owner` has it now, `former` had it before."""
    if invoice is not None and (invoice.customer.erased_at is not None or former == invoice.invoice_id):
        return ""  # what the host still says of a link that was replaced here, or of an erased person
    if former is not None:
        return "this link was replaced or revoked; leave it empty for a new one"
    if owner is not None and owner != host.invoice_id:
        return "is the link of another invoice"
    if invoice is not None and owner is None:
        return "the invoice is here already with another link; a link can only be given with a new invoice"
    return ""
