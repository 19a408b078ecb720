"""What an Australian invoice with GST needs: its issuer's ABN.

Sources: A New Tax System (Goods and Services Tax) Act 1999 s 29-70 (a tax invoice has the supplier's ABN);
New Zealand, Singapore and others know no such rule that a number's check digits could settle.
"""

from paymail import tax_ids
from paymail.errors import Conflict
from paymail.models import Invoice, Issuer

AUSTRALIA, GST = "AU", "GST"


class NoValidAbn(Conflict):
    """The invoice charges GST, and its Australian issuer has no valid ABN."""

    code = "no_valid_abn"


def has_valid_abn(issuer: Issuer) -> bool:
    """Whether the tax id of an issuer, with its label or without, is an ABN with right check digits."""
    return tax_ids.is_valid(bare_tax_id(issuer), AUSTRALIA)


def bare_tax_id(issuer: Issuer) -> str:
    """Return an issuer's tax id without the label that may stand before it."""
    label = issuer.tax_label or tax_ids.label_of(issuer.country, issuer.tax_name)
    return tax_ids.without_label(issuer.tax_id, label)


def lacks_abn(issuer: Issuer) -> bool:
    """Whether invoices of this issuer that charge GST must not be sent."""
    return issuer.country == AUSTRALIA and issuer.tax_name == GST and not has_valid_abn(issuer)


def may_be_tax_invoice(invoice: Invoice) -> bool:
    """Whether an invoice with tax in it may be called a tax invoice; its issuer is loaded.

    In another currency it must also say its GST in Australian dollars. Source: GSTR 2001/2, para 41.
    """
    if invoice.issuer.country != AUSTRALIA:
        return True
    said_in_dollars = invoice.currency == "AUD" or invoice.tax_aud or invoice.issuer.tax_name != GST
    return bool(said_in_dollars) and has_valid_abn(invoice.issuer)


def missing_abn(invoice: Invoice) -> str:
    """Return why an invoice must not be sent, and where to mend it; empty if it may."""
    if not invoice.tax_amount or not lacks_abn(invoice.issuer):
        return ""
    return f"invoice {invoice.number} charges GST, and {mend(invoice.issuer)}"


def mend(issuer: Issuer) -> str:
    """Return what an issuer lacks and how to set it."""
    return (
        f"{issuer.name} has no valid ABN; set it with"
        f" `paymail issuers set {issuer.issuer_id} tax_id=…` or by the API"
    )
