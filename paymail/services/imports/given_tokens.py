"""Pay links that the host mailed before paymail came: whose they may become."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.services.access.visible import among_all_issuers
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.links import replaced_tokens

OTHERS = "is the link of another invoice"


def refused_tokens(
    session: Session, hosts: Sequence[HostInvoice], known: Mapping[int, Invoice]
) -> dict[int, str]:
    """Return by `at` why the tokens of some invoices cannot be theirs. No reason says what a token is.

    `known` are those of them that are here already, by `at`: their links are not changed by a file.
    """
    given = [host for host in hosts if host.payment_token]
    tokens = [host.payment_token or "" for host in given]
    if not tokens:
        return {}
    statement = select(Invoice.payment_token, Invoice.invoice_id).where(Invoice.payment_token.in_(tokens))
    owners = {str(token): invoice_id for token, invoice_id in session.execute(among_all_issuers(statement))}
    former = replaced_tokens.former(session, tokens=tokens)
    reasons: dict[int, str] = {}
    seen: set[str] = set()
    for host in given:
        token = host.payment_token or ""
        invoice = known.get(host.at)
        reason = _reason(invoice, owners.get(token), former.get(token))
        if not reason and token in seen:
            reason = OTHERS
        if reason:
            reasons[host.at] = reason
        seen.add(token)
    return reasons


def _reason(invoice: Invoice | None, owner: int | None, former: int | None) -> str:
    """Return why a token is refused, or nothing. `owner` has it now, `former` had it before."""
    if invoice is not None and (invoice.customer.erased_at is not None or former == invoice.invoice_id):
        return ""  # what the host still says of a link that was replaced here, or of an erased person
    if former is not None:
        return "this link was replaced or revoked; leave it empty for a new one"
    if owner is not None and (invoice is None or owner != invoice.invoice_id):
        return OTHERS
    if invoice is not None and owner is None:
        return "the invoice is here already with another link; a link can only be given with a new invoice"
    return ""
