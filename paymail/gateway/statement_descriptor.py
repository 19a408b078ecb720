"""What a card statement says after the account's own prefix: the invoice's number, as far as Stripe takes it.

Source: Stripe documentation, "Statement descriptors": a prefix has 2 to 10 characters, prefix and suffix
together with the `* ` between them at most 22, the suffix needs a Latin letter of its own, and none of
`< > \\ ' " *` is allowed. It is for card payments; other methods show the account's descriptor.
"""

import re
import unicodedata

LONGEST = 10
"""What every prefix leaves."""
_LEADS = ("INV ", "INV", "I")
_OTHER = re.compile(r"[^A-Za-z0-9 ./_-]+")
"""Whatever is not surely allowed: the rule names what is forbidden, and banks know less than Stripe."""


def suffix_of(invoice_number: str) -> str:
    """Return the suffix for an invoice; empty where its number does not fit, as half a number misleads."""
    folded = unicodedata.normalize("NFKD", invoice_number)
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    number = " ".join(_OTHER.sub(" ", plain).split())
    if not re.search(r"[A-Za-z0-9]", number):
        return ""
    leads = ("",) if re.search(r"[A-Za-z]", number) else _LEADS
    fitting = (lead + number for lead in leads if len(lead + number) <= LONGEST)
    return next(fitting, "")
