"""What a report says, as plain values, and how RFC 3463 codes are judged."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What became of a message for one recipient."""

    HARD = "hard"
    """Given up: it will not be delivered."""
    SOFT = "soft"
    """Delayed; the reporting server goes on trying."""
    DELIVERED = "delivered"
    UNMATCHED = "unmatched"
    """It names no message of ours, or nothing about its recipient."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a report says about one recipient. `addresses` are all the names it gives that recipient."""

    addresses: tuple[str, ...]
    kind: Kind
    status: str = ""
    """Enhanced status code (RFC 3463), such as 5.1.1; empty when none is given."""
    detail: str = ""
    """What the refusing server said, one line."""

    @property
    def bad_address(self) -> bool:
        """Whether the report says that the address itself takes no mail."""
        return self.kind is Kind.HARD and is_bad_address(self.status, self.detail)


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `tokens` and `header_ids` name the message, the most trustworthy name first."""

    digest: str
    tokens: tuple[str, ...] = ()
    """Random parts (24 hex) of our Message-IDs: from the VERP address, then from the envelope id."""
    header_ids: tuple[str, ...] = ()
    """Message-IDs with their angle brackets, from the returned message."""
    findings: tuple[Finding, ...] = ()
    fault: str = ""
    """Why nothing could be read from it."""


_ABOUT_THE_ADDRESS = frozenset({"1.1", "1.2", "1.3", "1.4", "1.6", "1.10", "2.1", "4.4", "7.17"})
"""RFC 3463 §3.2: no such mailbox (1.1), no such system (1.2), bad syntax (1.3), ambiguous (1.4), moved
(1.6); mailbox disabled (2.1); no route to the domain (4.4). RFC 7505: null MX (1.10). RFC 7293: the
mailbox has another owner (7.17). Not the address's fault: 1.7 and 1.8 (sender), 2.2 (full), 2.3 (too
large), 3.x and 4.x (systems, network), 5.x (protocol), 6.x (content), other 7.x (policy, spam filters)."""
_UNDEFINED = re.compile(r"(?:0\.0|1\.0)?\Z", re.ASCII)
"""Codes that say nothing (RFC 3463 §3.1): Exim gives 5.0.0 to every bounce and the reply in words."""
_NOBODY = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox|person)|(?:user|mailbox|recipient|account)"
    r"[^.;]{0,40}(?:not found|does(?: not|n't) exist|not exist|disabled)|no mailbox (?:here )?by that name"
    r"|unknown or illegal alias|unrouteable (?:mail )?(?:domain|address)|(?:domain|host)[^.;]{0,40}not found"
    r"|invalid (?:recipient|mailbox)",
    re.IGNORECASE,
)


def is_bad_address(status: str, detail: str) -> bool:
    """Whether a permanent failure is about the mailbox or domain itself, by its code, else by its words.

    A code that means something wins over words: spam filters like to say "user unknown" too.
    """
    if status.startswith(("2.", "4.")):
        return False
    rest = status.partition(".")[2]
    if _UNDEFINED.match(rest):
        return bool(_NOBODY.search(detail))
    return rest in _ABOUT_THE_ADDRESS
