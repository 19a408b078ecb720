"""What a report says, as plain values."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from paymail.observability import one_line
from paymail.services.outbox.refusal_causes import Cause, judged

RELAY_LOG = "relay log"
"""The source of what our own relay wrote down; all others are somebody's word."""
_LONGEST_REPLY = 2000


class Kind(StrEnum):
    """What became of a message for one recipient."""

    HARD = "hard"
    """Given up: it will not be delivered."""
    SOFT = "soft"
    """Delayed; the reporting server goes on trying."""
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    """Delivered, and its recipient called it unwanted (RFC 5965)."""
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
    cause: Cause = Cause.OTHER
    """Whose fault it is, if it is final."""

    @property
    def bad_address(self) -> bool:
        """Whether the report says that the address itself takes no mail."""
        return self.kind is Kind.HARD and self.cause is Cause.ADDRESS

    @property
    def bad_sender(self) -> bool:
        """Whether the report says that our DNS records or reputation are at fault."""
        return self.kind is Kind.HARD and self.cause is Cause.SENDER


def finding_of(addresses: Iterable[str], kind: Kind, *, field: str, reply: str) -> Finding:
    """Return a finding judged by the server's `reply` and the report's Status `field`; both may be empty."""
    status, cause = judged(field[:100], " ".join(reply[:_LONGEST_REPLY].split()))
    return Finding(tuple(dict.fromkeys(addresses)), kind, status, cleaned(reply), cause)


def cleaned(text: str, longest: int = 300) -> str:
    """Return text as one printable line that both databases can store, without a pay link's token."""
    return one_line(text.replace("\ufffd", " "), longest)


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
