"""What the fields of a status part say of each recipient (RFC 3464 §2.3)."""

import re
from collections.abc import Callable, Iterable, Iterator
from email.message import Message
from email.utils import parseaddr

from paymail.services.bounces.report import Finding, Kind, cleaned, finding_of

_REPLY_CODE = re.compile(r"(?<![\w.@-])[245]\d\d[ -]", re.ASCII)
_REPLY = re.compile(rf"{_REPLY_CODE.pattern}|\b[45]\.\d{{1,3}}\.\d{{1,3}}\b", re.ASCII)


def findings(blocks: Iterable[Message], words_about: Callable[[str], str]) -> Iterator[Finding]:
    """Yield what the blocks say. `words_about` gives the report's own words about an address."""
    for block in blocks:
        addresses = [
            address
            for name in ("Original-Recipient", "Final-Recipient")
            if (address := _typed_address(field(block, name)))
        ]
        if addresses:
            status = field(block, "Status")
            kind = kind_of(field(block, "Action").strip().lower(), status)
            if kind is not None:
                yield finding_of(addresses, kind, field=status, reply=_reply(block, addresses, words_about))


def field(block: Message, name: str) -> str:
    """Return a field's value, bounded; empty if there is none."""
    return str(block.get(name) or "")[:4000]


def _typed_address(value: str) -> str:
    """Return the address of `rfc822; a@b` (RFC 3464 §2.3.1); some servers leave the type out."""
    address = value[:1000].rpartition(";")[2]
    return cleaned(parseaddr(address)[1] or address, 320).strip("<>")


def _reply(block: Message, addresses: list[str], words_about: Callable[[str], str]) -> str:
    """Return what the server said: in Diagnostic-Code, else where Cisco's put it, else in the text."""
    given = [field(block, name) for name in ("Diagnostic-Code", "X-Supplementary-Info")]
    for said in given:
        if _REPLY.search(said):
            return said
    told = [words_about(address) for address in addresses]
    return next(filter(_REPLY_CODE.search, told), "") or next(filter(None, [*given, *told]), "")


def kind_of(action: str, status: str) -> Kind | None:
    """Return what an Action (RFC 3464 §2.3.3) means; without one the status decides.

    `failed` is final whatever the status: a relay that gave up after days says so with 4.4.1 or 4.4.7.
    """
    if action.startswith(("fail", "error")):  # opensmtpd writes `error`
        return Kind.HARD
    if action.startswith("delay"):
        return Kind.SOFT
    if action.startswith(("deliver", "relay", "expand")):
        return Kind.DELIVERED
    return {"5": Kind.HARD, "4": Kind.SOFT, "2": Kind.DELIVERED}.get(status.strip()[:1])
