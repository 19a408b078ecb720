"""Handing a message to a mail server: what one try is given, how it ends, and who does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """How one try at handing over a message ended."""

    SENT = "sent"
    """Accepted by the server (250 after the dot)."""
    DEFERRED = "deferred"
    """Certainly not accepted; worth another try later (4xx, or any failure before the dot)."""
    FAILED = "failed"
    """Certainly not accepted, and never will be (5xx)."""
    UNKNOWN = "unknown"
    """The dot was sent and no sound reply came. It may be delivered; nobody must guess."""
    STOPPED = "stopped"
    """`handover` said no (lease lost, cancelled, paid meanwhile); nothing was sent."""


class Scope(StrEnum):
    """What a deferral is about, and so what should wait."""

    MESSAGE = "message"
    """This message or this one mailbox; others may go on."""
    DESTINATION = "destination"
    """The recipient's mail host: whatever else goes to that domain will fare alike."""
    RELAY = "relay"
    """Our own mail server, the way to it or our login there: nothing can go out."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message as SMTP sees it. `mime` are the exact bytes, CRLF line ends.

    Domains are IDNA; a local part beyond ASCII (or in a header of `mime`) asks for SMTPUTF8.
    `message_id` is the Message-ID header; its random part names the message to the server (RFC 3461 ENVID).
    """

    message_id: str
    sender: str
    recipients: tuple[str, ...]
    mime: bytes
    copies: frozenset[str] = frozenset()
    """Those of the recipients without whom it is delivered all the same; a copy alone is no delivery."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict of one try, with what the server said (`code` 0: nothing) and in which phase."""

    verdict: Verdict
    code: int = 0
    detail: str = ""
    phase: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Recipients that were refused one by one, with the reply; the others were accepted."""
    scope: Scope = Scope.MESSAGE
    """What to hold back while a deferral lasts; means nothing for other verdicts."""
    status: str = ""
    """Enhanced status code (RFC 3463), such as `4.2.2`; empty when the server gave none."""


Handover = Callable[[], bool]
"""Called once all is sent but the final dot. True means that `handover` is committed: go on."""


class Mailer(Protocol):
    """Hands messages to a mail server. Never raises for what a server or network does: it is an Outcome."""

    def deliver(self, envelope: Envelope, handover: Handover) -> Outcome:
        """Send all but the dot, ask `handover()`, then the dot; say how it ended."""
        ...

    def probe(self) -> Outcome:
        """Try everything but a mail, for `paymail doctor`: SENT means that one could be sent now."""
        ...

    def close(self) -> None:
        """Release connections."""
        ...
