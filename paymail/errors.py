"""Kinds of failure. Each concrete exception lives beside the code that raises it and derives from one kind.

Callers translate a kind, never a class: `web/errors.py` maps it to an HTTP status, `cli` to an exit code.
`code` is stable and machine-readable; the message is for people and must never carry a token or secret.
"""

from typing import ClassVar


class PaymailError(Exception):
    """Base of every expected failure."""

    code: ClassVar[str] = "error"


class InvalidInput(PaymailError):
    """What the caller gave cannot be accepted as it stands."""

    code = "invalid_input"


class NotFound(PaymailError):
    """Nothing there, or nothing that this caller may see."""

    code = "not_found"


class Conflict(PaymailError):
    """Legal in general, not in the present state."""

    code = "conflict"


class Gone(PaymailError):
    """It existed and has ended, for instance an expired link."""

    code = "gone"


class Denied(PaymailError):
    """The caller did not prove that it may do this."""

    code = "denied"


class Unproven(Denied):
    """The caller did not prove who it is; with valid credentials it might be allowed."""

    code = "unproven"


class TooMany(PaymailError):
    """A rate limit was reached; try again after `retry_after` seconds."""

    code = "too_many_requests"

    def __init__(self, message: str, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PaymailError):
    """Something outside (Stripe, SMTP, broker) did not answer as it should; a retry may succeed."""

    code = "unavailable"


class Rejected(PaymailError):
    """Something outside (Stripe) did not take a request of ours, or answered what we cannot read.

    Asking again gives the same: not the caller but paymail has to change.
    """

    code = "rejected"


class Misconfigured(PaymailError):
    """Settings contradict each other or lack something; paymail refuses to start."""

    code = "misconfigured"
