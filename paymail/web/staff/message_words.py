"""The words of the pages for emails: what one is about, and where it stands."""

from markupsafe import Markup

from paymail.models import Message, MessageKind, MessageState
from paymail.services.lists.message_pages import Standing
from paymail.services.sending.bulk.progress import Progress

KIND_WORDS: dict[str, str] = {
    MessageKind.INVOICE: "Invoice",
    MessageKind.RECEIPT: "Receipt",
    MessageKind.REMINDER: "Reminder",
    MessageKind.NOTICE: "Notice to staff",
    MessageKind.REFUND: "Refund",
    MessageKind.PAYMENT_FAILED: "Payment failed",
    MessageKind.LINK: "New pay link",
    MessageKind.PLAN: "Payment plan",
    MessageKind.VOID: "Cancelled invoice",
    MessageKind.COPY: "Copy",
    MessageKind.ANSWER: "Answer",
    MessageKind.STATEMENT: "Statement",
}
STATE_BADGES: dict[str, tuple[str, str]] = {
    MessageState.SCHEDULED: ("info", "Scheduled"),
    MessageState.SENDING: ("info", "Sending"),
    MessageState.HANDOVER: ("info", "Sending"),
    MessageState.SENT: ("good", "Sent"),
    MessageState.UNKNOWN: ("bad", "In doubt"),
    MessageState.FAILED: ("bad", "Failed"),
    MessageState.CANCELLED: ("still", "Cancelled"),
    MessageState.SUPPRESSED: ("still", "Not sent"),
    MessageState.BOUNCED: ("bad", "Bounced"),
}
"""Tone and word of each state. Two states are one word where staff can do nothing about the difference."""
STANDING_BADGES: dict[Standing, tuple[str, str]] = {
    Standing.SCHEDULED: ("info", "Scheduled"),
    Standing.WAITING: ("warn", "Waiting"),
    Standing.SENDING: ("info", "Sending"),
    Standing.SENT: ("good", "Sent"),
    Standing.DELIVERED: ("good", "Delivered"),
    Standing.BOUNCED: ("bad", "Bounced"),
    Standing.IN_DOUBT: ("bad", "In doubt"),
    Standing.FAILED: ("bad", "Failed"),
    Standing.CANCELLED: ("still", "Cancelled"),
    Standing.NOT_SENT: ("still", "Not sent"),
}
"""Tone and word of what the list of emails is filtered by."""


def kind_word(kind: str) -> str:
    """Return what an email is about, in words."""
    return KIND_WORDS.get(kind, kind)


def state_badge(state: str) -> tuple[str, str]:
    """Return tone and word of an email's state."""
    return STATE_BADGES.get(state, ("still", state))


def badge_of(message: Message) -> tuple[str, str]:
    """Return tone and word of where an email stands; what the receiver put off waits."""
    if message.state is MessageState.SCHEDULED and message.attempts:
        return "warn", "Waiting"
    return state_badge(message.state)


def batch_badge(found: Progress) -> Markup:
    """Return the badge of a batch: what starts later is scheduled, whatever its state is called."""
    name = "scheduled" if found.scheduled else found.name
    tone = {"scheduled": "info", "running": "info", "paused": "warn", "finished": "good"}.get(name, "still")
    return Markup('<span class="badge {}">{}</span>').format(tone, name.capitalize())
