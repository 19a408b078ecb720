"""What a bank transfer for an invoice should name, so that who reads the account knows which one it is."""

import base64
import hashlib
import re

_PLAIN = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")


def transfer_reference(number: str) -> str:
    """Return the reference of an invoice's number; two numbers of an issuer never have the same.

    Banks take letters, digits and hyphens everywhere: the lodgement reference of Australian transfers and the
    remittance information of SEPA. A number of these alone stands as it is. Others have a hyphen for what
    banks may refuse, and behind two hyphens, which no plain one has, five characters that follow from the
    whole number: `2026/111` and `2026 111` would be one without them.
    """
    if _PLAIN.fullmatch(number):
        return f"INV{number}"
    kept = re.sub(r"[^A-Za-z0-9]+", "-", number).strip("-")
    digest = hashlib.sha256(number.encode(errors="backslashreplace")).digest()
    return f"INV{kept}--{base64.b32encode(digest).decode()[:5]}"
