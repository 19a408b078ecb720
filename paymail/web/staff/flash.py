"""What the page says after an act: the redirect carries one of these codes, never a text."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import RedirectResponse

DID = "did"
"""The parameter of the address."""
OF = "of"
"""The parameter that names the row that the act was about, by its id."""
OWN = (DID, OF)
FLASHES: Mapping[str, str] = {
    "send": "The invoice email is on its way, or waits for the time that you set.",
    "copy": "The copy is on its way.",
    "copy_sent": "That address already got this copy today.",
    "corrected": "The address is corrected, and the invoice email goes there now.",
    "corrected_before": "The address is corrected. No further email was queued: one waits, or went before.",
    "resolved": "Settled. The emails below say what comes next.",
    "drafted": "The draft is saved. Nobody has been told of it.",
    "edited": "The draft is changed.",
    "another_customer": "The draft is saved, and another customer of this name was made for it.",
    "address_kept": "The draft is saved. It goes to the address that the customer has here.",
    "issued": "The invoice is issued. It has not been emailed yet.",
    "hold": "The reminders wait.",
    "release": "The hold is released.",
    "remind": "The reminder is on its way.",
    "invoice": "Saved. The reminders of this invoice follow it from now on.",
    "customer": "Saved. The reminders of this customer follow it from now on.",
    "payment": "The payment is recorded.",
    "refund": "The refund is asked for. The list below says how far it is.",
    "refund_recorded": "The refund is recorded. The customer gets an email about it.",
    "refund_proposed": "The refund waits until another person approves it. Nothing goes back before that.",
    "refund_approved": "Approved. The list below says how far the refund is.",
    "refund_refused": "The refund is refused. Nothing goes back.",
    "refund_withdrawn": "The refund is withdrawn. Nothing goes back.",
    "receipt": "The receipt is on its way once more.",
    "credit": "The credit note is issued and on its way to the customer.",
    "write_off": "Written off. The customer is not asked for it any more.",
    "undo_write_off": "The amount is owed again.",
    "void": "The invoice is void.",
    "parts": "Saved. The pay page follows at once.",
    "plan": "The payment plan is set up.",
    "plan_end": "The plan has ended. The whole balance is due.",
    "contact": "The contact is added.",
    "contact_gone": "The contact is removed.",
    "address": "The address is changed. Emails that wait go there too.",
    "language": "The language is changed.",
    "details": "The details are changed.",
    "statement": "The statement is on its way.",
    "answer": "Closed. The reminders go on.",
    "link": "The invoice has another pay link; the old one has stopped working.",
    "link_made": "The invoice has a pay link again. No email went out.",
    "worded": "Saved. Emails that are written from now on use these words, those that wait too.",
    "worded_same": "Nothing was changed: these words are in use already.",
    "unworded": "Paymail's words are used from now on.",
    "link_ended": "The pay link has stopped working.",
    "rescheduled": "The email goes out at the new time.",
    "cancelled": "The email is cancelled. It will not go out.",
    "doubt_sent": "Settled: it arrived.",
    "doubt_failed": "Settled: it did not arrive. It counts as failed.",
    "doubt_resend": "The email is sent once more.",
    "pause": "The batch is paused. Nothing more of it goes out.",
    "resume": "The batch goes on.",
    "cancel_batch": "The rest of the batch is cancelled.",
    "blocked": "The address is blocked: no email goes there.",
    "lifted": "Emails go to the address again.",
    "view_saved": "The view is saved. Its tab is above the list.",
    "view_gone": "The view is removed. The invoices are as they were.",
    "file_gone": "The file is removed. Nothing of it was imported.",
    "person_gone": "The person can no longer sign in. Their sessions have ended.",
    "role": "The role is changed.",
    "factor": "Saved. The list below says who needs a second factor.",
    "erased": "The customer's personal data are erased.",
    "merged": "Merged. Everything of both is on this page.",
    "reprocess": "The event is worked on again.",
}


@dataclass(frozen=True, slots=True)
class Undo:
    """How the act before is taken back: where the form goes, and its fields."""

    address: str
    fields: Mapping[str, str]


def did(request: Request, *acts: str) -> int | None:
    """Return the id of the row that one of these acts was about; 0: it names none; None: another act."""
    if request.query_params.get(DID, "") not in acts:
        return None
    given = request.query_params.get(OF, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else 0


def said(request: Request) -> str:
    """Return what a page says of the act before it; empty for no code or one that is not known."""
    return FLASHES.get(request.query_params.get(DID, ""), "")


def back_to(address: str, did: str, of: int | None = None) -> RedirectResponse:
    """Lead to the page that shows the result, and say there what was done. `did` is one of FLASHES; `of` is
    the id of the row, where that page offers to take it back."""
    if did not in FLASHES:
        raise KeyError(did)
    row = f"&{OF}={of}" if of else ""
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{DID}={did}{row}#flash", 303)
