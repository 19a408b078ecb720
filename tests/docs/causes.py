"""What brings a thing into each state; and what a state means where the code leaves it at the name."""

from enum import StrEnum

from paymail.models import (
    AttemptStatus,
    BankChangeState,
    BulkState,
    DisputeState,
    GatewayEventState,
    ImportFileState,
    InvoiceStatus,
    MessageState,
    PaymentStatus,
    PlanState,
    RecipientState,
    RefundStatus,
    SavedMethodState,
)

MEANINGS: dict[type[StrEnum], dict[str, str]] = {
    PaymentStatus: {
        "UNPAID": "Nothing has arrived and stayed, and something is asked for.",
        "PAID": "All that is asked for has arrived.",
        "REFUNDED": "Credit notes took the whole total off, and nothing of what arrived stayed.",
        "PARTIALLY_REFUNDED": "Credit notes took a part of the total off, and the rest has arrived.",
    },
    RefundStatus: {
        "SUCCEEDED": "The money went back.",
    },
    DisputeState: {
        "OPEN": "The customer's bank asks, and has not decided. Reminders of the invoice wait.",
    },
    PlanState: {
        "ACTIVE": "The customer is asked for its instalments.",
    },
}

CAUSES: dict[type[StrEnum], dict[str, str]] = {
    InvoiceStatus: {
        "DRAFT": "An import.",
        "SENT": "An import, or sending the invoice email of a draft.",
        "VOID": "Staff void it (refused once money has arrived), or an import.",
    },
    PaymentStatus: {
        "UNPAID": "A new invoice; a refund that is owed again, a lost dispute, a bank debit that failed.",
        "PARTIAL": "A part of the money arrives, or a part of it goes back and is owed again.",
        "PROCESSING": "A bank debit begins to clear while something is owed.",
        "PAID": "The rest arrives or is credited; or a refund fails and its credit note no longer holds.",
        "REFUNDED": "A refund with a credit note, of all.",
        "PARTIALLY_REFUNDED": "A refund with a credit note, of a part.",
    },
    MessageState: {
        "SCHEDULED": "It is queued or rescheduled, a try failed, or an unknown one is resent.",
        "SENDING": "A worker claims it when it is due, or after the lease of one that vanished.",
        "HANDOVER": "The worker is about to finish handing it over.",
        "SENT": "The mail server said so; or a report, the relay's log or staff did.",
        "UNKNOWN": "The connection broke or a worker vanished at the hand-over; or it was due at a restore.",
        "FAILED": "The mail server refused it for good, time for tries ran out, or staff say so.",
        "CANCELLED": "Staff cancel it, or the bulk send that it belongs to.",
        "SUPPRESSED": "The invoice is paid, void or on hold, or the address is suppressed.",
        "BOUNCED": "A bounce report, or a line of the relay's log.",
    },
    RecipientState: {
        "PENDING": "The email is written.",
        "ACCEPTED": "The mail server took the email, and this address.",
        "REFUSED": "The mail server took the email, and refused this address.",
        "BOUNCED": "A bounce report, or a line of the relay's log, names this address.",
        "SUPPRESSED": "The email is written while the address is suppressed.",
    },
    AttemptStatus: {
        "CREATING": "The customer presses the pay button.",
        "OPEN": "Stripe has made the intent; or a debit failed, a code expired, an approval was refused.",
        "WAITING": "The customer picks a method whose money comes by their own act (Konbini, PayTo).",
        "CANCELLING": "Another amount, way or link, money that came another way, or a void invoice.",
        "PROCESSING": "Stripe says that the payment is clearing.",
        "SUCCEEDED": "Stripe says that the intent is paid, also one that had been given up.",
        "CANCELED": "paymail cancelled the intent at Stripe, or Stripe did; or it was never made.",
    },
    RefundStatus: {
        "PROPOSED": "Somebody asks for a refund that needs a second person's approval.",
        "REFUSED": "Another person refuses it.",
        "WITHDRAWN": "Its author withdraws it.",
        "REQUESTED": "Staff ask for a refund by Stripe, or another person approves it.",
        "PENDING": "Stripe has taken it on; refunds made in its dashboard begin here or later.",
        "SUCCEEDED": "Stripe says so; staff record or approve money sent another way; a credit note alone.",
        "FAILED": "Stripe refuses it, or the customer's bank returns it, even days later.",
    },
    DisputeState: {
        "OPEN": "Stripe tells of it, or says that it is under review again.",
        "WON": "Stripe says so.",
        "LOST": "Stripe says so.",
    },
    PlanState: {
        "ACTIVE": "Staff agree on it.",
        "ENDED": "Staff end it, or agree on another.",
    },
    BankChangeState: {
        "WAITING": "`issuers set` or the API, where the issuer has bank details or has issued an invoice.",
        "APPLIED": "48 hours pass, or `issuers confirm-bank`; of first details before any invoice, at once.",
        "CANCELLED": "`issuers cancel-bank`, the company's page or the API; or another change is asked for.",
    },
    BulkState: {
        "RUNNING": "Staff start or resume it.",
        "PAUSED": "Staff pause it.",
        "CANCELLED": "Staff cancel it.",
    },
    ImportFileState: {
        "CHECKING": "Staff give the file on the Import page, or have it read again.",
        "CHECKED": "The check ends; or staff confirmed what would be different by then.",
        "UNREADABLE": "The check ends.",
        "IMPORTING": "Staff confirm what the check found.",
        "IMPORTED": "The import ends.",
        "STOPPED": "The check or the import fails.",
    },
    GatewayEventState: {
        "RECEIVED": "A webhook or the reconciler brings it, or staff have it worked on again.",
        "DONE": "A worker has worked on it.",
        "IGNORED": "A worker finds that it is about nothing here.",
        "DEAD": "A worker gives up: 20 tries, or an account that is not the invoice's.",
    },
    SavedMethodState: {
        "SAVED": "A payment arrives that the customer made with the box ticked.",
        "REMOVING": "The customer removes it, saves another, gets another address or is erased.",
        "REMOVED": "Stripe detached it, asked by paymail or by somebody there.",
    },
}
