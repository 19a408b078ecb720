"""Why the reminders of an invoice are held, in words for staff."""

from paymail.models import HoldReason

WORDS = {
    HoldReason.STAFF: "We decided so",
    HoldReason.PROMISED: "Customer promised to pay",
    HoldReason.CLAIMED: "Customer says it is paid",
    HoldReason.DISPUTED: "Customer disputes it",
    HoldReason.OBJECTED: "Customer says something is wrong",
    HoldReason.BOUNCED: "Email bounced",
    HoldReason.REFUSED: "Receiver refuses our emails",
    HoldReason.COMPLAINED: "Reported as spam",
    HoldReason.HOST: "Your system says it is paid or void",
}
CHOSEN = (HoldReason.STAFF, HoldReason.PROMISED, HoldReason.CLAIMED, HoldReason.DISPUTED)
"""What a person says; the others are found out by paymail."""
