"""ESMTP parameters of a mail: what it asks for, by what the server offers.

Sources: RFC 1870 (SIZE), RFC 3461 §4 (DSN), RFC 6152 (8BITMIME), RFC 6531 §3.4 (SMTPUTF8).
"""

import re
from collections.abc import Mapping

from paymail.mail.replies import Refused
from paymail.ports.mail import Envelope, Outcome, Verdict
from paymail.ports.return_path import header_token

_ATOMS = r"[^\s\x00-\x1f\x7f-\x9f\ud800-\udfff()<>\[\]:;@\\,\"]+"  # RFC 5321 §4.1.2, RFC 6531 §3.3
_ADDRESS = re.compile(f"{_ATOMS}@{_ATOMS}")
_LONGEST_ENVID = 100


Offered = Mapping[str, str]
"""What EHLO answered: extension names in lower case, with their parameters."""


def mail_parameters(envelope: Envelope, offered: Offered | None) -> list[str]:
    """Return the parameters of MAIL; `offered` is None when the server knows no EHLO, or not just now.

    Raises Refused for what this server can never take.
    """
    if offered is None:
        return _without_ehlo(envelope)
    _refuse_oversize(envelope, offered)
    parameters = [f"SIZE={len(envelope.mime)}"] if "size" in offered else []
    if needs_smtputf8(envelope):
        _require(offered, "smtputf8", "5.6.7", "non-ASCII addresses (SMTPUTF8)")
        parameters += ["SMTPUTF8", "BODY=8BITMIME"]
    elif not envelope.mime.isascii():
        _require(offered, "8bitmime", "5.6.3", "8-bit content (8BITMIME)")
        parameters.append("BODY=8BITMIME")
    if "dsn" in offered:
        # Only headers come back: a bounce need not carry the invoice around once more.
        parameters += ["RET=HDRS", *_envelope_id(envelope.message_id)]
    return parameters


def recipient_parameters(recipient: str, offered: Offered | None) -> list[str]:
    """Return the parameters of RCPT: tell us of failure and delay, and of the address that we wrote to.

    ORCPT is left out beyond ASCII: its address type `utf-8` (RFC 6533) is refused by many, and the return
    path names the message anyway.
    """
    if offered is None or "dsn" not in offered:
        return []
    original = [f"ORCPT=rfc822;{xtext(recipient)}"] if recipient.isascii() else []
    return ["NOTIFY=FAILURE,DELAY", *original]


def needs_smtputf8(envelope: Envelope) -> bool:
    """Return whether an address, in the envelope or in the headers, is beyond ASCII (RFC 6531 §3.4)."""
    head, _, _body = envelope.mime.partition(b"\r\n\r\n")
    addresses = (envelope.sender, *envelope.recipients)
    return not (head.isascii() and all(address.isascii() for address in addresses))


def refuse_bad_addresses(envelope: Envelope) -> None:
    """Raise Refused if an address could become a parameter or a second command. Rendering sees to it too."""
    if not envelope.recipients:
        raise Refused(
            Outcome(Verdict.FAILED, detail="the message has no recipient", phase="MAIL"), sound=True
        )
    for address in (envelope.sender, *envelope.recipients):
        if not _ADDRESS.fullmatch(address):
            detail = "a sender or recipient address is not valid"
            raise Refused(Outcome(Verdict.FAILED, detail=detail, phase="MAIL", status="5.1.3"), sound=True)


def xtext(text: str) -> str:
    """Return ASCII text as xtext: `+`, `=`, blanks and controls as `+` and two hex digits (RFC 3461 §4)."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)


def _envelope_id(message_id: str) -> list[str]:
    token = header_token(message_id) or message_id.strip("<>").partition("@")[0]
    encoded = xtext(token) if token.isascii() else ""
    return [f"ENVID={encoded}"] if 0 < len(encoded) <= _LONGEST_ENVID else []


def _without_ehlo(envelope: Envelope) -> list[str]:
    if needs_smtputf8(envelope) or not envelope.mime.isascii():
        # A server may trip over EHLO once, so what it can do is unknown: no reason to fail the message.
        detail = "the mail server does not say whether it accepts non-ASCII text"
        raise Refused(Outcome(Verdict.DEFERRED, detail=detail, phase="MAIL"))
    return []


def _refuse_oversize(envelope: Envelope, offered: Offered) -> None:
    limit = offered.get("size", "")
    if limit.isdigit() and 0 < int(limit) < len(envelope.mime):
        detail = f"larger than the server's limit of {limit} bytes"
        raise Refused(Outcome(Verdict.FAILED, 552, detail, "MAIL", status="5.3.4"), sound=True)


def _require(offered: Offered, extension: str, status: str, what: str) -> None:
    if extension not in offered:
        detail = f"the mail server does not support {what}"
        raise Refused(Outcome(Verdict.FAILED, detail=detail, phase="MAIL", status=status), sound=True)
