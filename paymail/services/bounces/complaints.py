"""Feedback reports: a recipient called our email unwanted (RFC 5965, or as Outlook.com tells it)."""

import re
from email.message import Message

from paymail.services.bounces import report_parts
from paymail.services.bounces.report import Finding, Kind, cleaned
from paymail.services.bounces.status_fields import field

_NO_COMPLAINT = frozenset({"not-spam", "auth-failure"})
"""`not-spam` says the opposite (RFC 6430 §2), `auth-failure` is about DKIM and SPF (RFC 6591 §3.1)."""
_OUTLOOK = re.compile(r"\s*complaint about message from ", re.IGNORECASE)


def fields_of(message: Message) -> list[Message]:
    """Return the fields of each feedback part."""
    return [
        block
        for kind, part in report_parts.kinds(message)
        if kind == "message/feedback-report"
        for block in report_parts.blocks(report_parts.text_of(part))
        if block.get("Feedback-Type")
    ]


def findings(message: Message, feedback: list[Message]) -> list[Finding]:
    """Return one finding for each complaint. Many hide the recipient, so that its addresses may be empty."""
    found = []
    for block in feedback:
        kind = cleaned(field(block, "Feedback-Type"), 40).lower()
        if kind not in _NO_COMPLAINT:
            said_by = cleaned(field(block, "User-Agent"), 80) or "its mail server"
            found.append(_complaint(block, "Original-Rcpt-To", f"{kind}, reported by {said_by}"))
    if not feedback and _OUTLOOK.match(field(message, "Subject")):
        # Microsoft's Junk Mail Reporting Program sends the message only, with a header of its own.
        copies = [copy for copy in report_parts.returned(message) if copy.get("X-HmXmrOriginalRecipient")]
        found = [
            _complaint(copy, "X-HmXmrOriginalRecipient", "abuse, reported by Outlook.com") for copy in copies
        ]
    return found


def _complaint(block: Message, name: str, detail: str) -> Finding:
    named = (block.get_all(name) or [])[:20]
    return Finding(tuple(cleaned(str(one), 320).strip("<>") for one in named), Kind.COMPLAINT, detail=detail)
