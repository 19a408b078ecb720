"""From rows to the parties of a document: who bills, and who is billed."""

import re

from paymail import tax_ids
from paymail.documents import BankAccount, Party, Seller, colours
from paymail.models import Customer, Issuer
from paymail.services.core import logos
from paymail.services.core.tax_invoices import bare_tax_id


def seller_of(issuer: Issuer, public_url: str, currency: str) -> Seller:
    """Return the issuer as who pays in a currency sees it. Without `public_url` its logo has no address."""
    label = issuer.tax_label or tax_ids.label_of(issuer.country, issuer.tax_name)
    path = logos.logo_path(issuer)
    return Seller(
        name=issuer.name,
        email=issuer.reply_to or issuer.email,
        address=issuer.address,
        tax_id=tax_ids.written(bare_tax_id(issuer), issuer.country),
        tax_label=label,
        phone=issuer.phone,
        colour=colours.legible(issuer.colour),
        logo=logos.logo_of(issuer),
        logo_url=f"{public_url}{path}" if public_url and path else "",
        bank=_bank_account(issuer).in_currency(currency),
        footer=issuer.footer,
        legal_name=issuer.legal_name,
        website=issuer.website,
    )


def _bank_account(issuer: Issuer) -> BankAccount:
    return BankAccount(
        holder=issuer.bank_holder,
        bank=issuer.bank_name,
        bsb=issuer.bank_bsb,
        number=issuer.bank_number,
        payid=issuer.bank_payid,
        iban=" ".join(re.findall(".{1,4}", issuer.bank_iban)),
        bic=issuer.bank_bic,
        unchanged_since=issuer.bank_since,
    )


def buyer_of(customer: Customer, issuer: Issuer) -> Party:
    """Return whom an issuer bills.

    A tax id whose country nobody gave has the issuer's label where it is a valid one there.
    """
    country = customer.country or issuer.country
    label = tax_ids.label_of(country, issuer.tax_name)
    tax_id = tax_ids.without_label(customer.tax_id, label)
    named = bool(customer.country) or tax_ids.is_valid(tax_id, country)
    return Party(
        name=customer.name,
        email=customer.email,
        address=customer.address,
        tax_id=tax_ids.written(tax_id, country) if named else customer.tax_id,
        tax_label=label if named else "",
        attention=customer.attention,
    )
