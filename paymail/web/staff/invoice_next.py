"""What happens next with an invoice by itself and when, or the one thing that a person has to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from paymail.models import HoldReason, InvoiceStatus, MessageState, Objection, ReminderHold
from paymail.services.customers.objections import REASONS
from paymail.services.forecast.explanation import Explanation
from paymail.services.ledger.awaited_payments import AwaitedPayment
from paymail.services.lists.delivery_state import OPEN, Delivery
from paymail.services.lists.payment_state import PaymentState
from paymail.services.outbox.suppressions import normalised
from paymail.web.staff.invoice_standing import Standing

_D, _P = Delivery, PaymentState
_MAILBOX = {
    "5.1.1": "No such mailbox",
    "5.1.10": "No such mailbox",
    "5.1.2": "No such domain",
    "5.2.1": "The mailbox is switched off",
    "5.2.2": "The mailbox is full",
}
"""Of the enhanced status codes (RFC 3463) those that people can act on."""


@dataclass(frozen=True, slots=True)
class Link:
    """Where else the page leads to."""

    address: str
    icon: str
    words: str


@dataclass(frozen=True, slots=True)
class Next:
    """The line below the steps. `tone` is bad, warn or empty; `form` is the form that it offers, if any."""

    title: str
    why: str = ""
    tone: str = ""
    form: str = ""
    at: datetime | None = None
    """Belongs behind the title."""
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is decided on."""

    standing: Standing
    missing: str
    """Why the invoice cannot be emailed at all."""
    explained: Explanation
    awaited: AwaitedPayment | None
    holds: Sequence[ReminderHold]
    objection: Objection | None
    proposed: bool = False
    """Whether a refund waits for approval."""

    @property
    def delivery(self) -> Delivery:
        """Where the email stands."""
        return self.standing.record.delivery

    def hold(self, reason: HoldReason) -> ReminderHold | None:
        """Return the hold of a reason."""
        return next((one for one in self.holds if one.reason is reason), None)


_PAY = Link("#pay", "plus", "Record a payment")
_HOLD = Link("#hold", "pause", "Hold…")
_REMIND = Link("#remind", "bell", "Remind now…")


def next_of(facts: Facts) -> Next:
    """Return the first that applies: what needs a person, then what waits, then what comes by itself."""
    for rule in (_document, _email, _customer, _money, _unsent):
        if found := rule(facts):
            return found
    return _reminder(facts)


def _document(facts: Facts) -> Next | None:
    status = facts.standing.invoice.status
    if status is InvoiceStatus.VOID:
        return Next(
            "Nothing more happens.", "A void invoice is neither sent nor reminded of, nor can it be paid."
        )
    if facts.missing and (facts.standing.invoice.owed or status is InvoiceStatus.DRAFT):
        return Next("It cannot be emailed.", f"{facts.missing}.", "bad")
    if status is InvoiceStatus.DRAFT:
        return Next(
            "This is a draft.",
            "Once it is issued, its lines and amounts can no longer change.",
            form="issue",
            links=(Link(f"/staff/invoices/{facts.standing.invoice.invoice_id}/edit", "pen", "Edit"),),
        )
    return None


def _email(facts: Facts) -> Next | None:
    rule = _TROUBLES.get(facts.delivery)
    return rule(facts) if rule and facts.standing.trouble else None


def _bounced(facts: Facts) -> Next:
    report, customer = facts.standing.record.returned, facts.standing.invoice.customer
    address = report.recipient if report and report.recipient else customer.email
    what = _MAILBOX.get(report.status, "The email came back") if report else "The email came back"
    said = f"Their server said “{report.detail[:200]}”. " if report and report.detail else ""
    held = facts.hold(HoldReason.BOUNCED) or facts.hold(HoldReason.REFUSED)
    waits = "Reminders are held until the address is corrected." if held else ""
    mine = normalised(address) == normalised(customer.email)
    page = Link(f"/staff/customers/{customer.customer_id}", "people", "Open the customer")
    return Next(
        f"{what}: {address}", said + waits, "bad", "correct" if mine else "", links=() if mine else (page,)
    )


def _in_doubt(_facts: Facts) -> Next:
    why = "Ask the customer or look into the mail server's log; paymail does not send it again by itself."
    return Next("It may have arrived. Did it?", why, "bad", "resolve")


def _failed(facts: Facts) -> Next:
    message = facts.standing.record.newest
    why = message.reason if message else ""
    return Next("The email could not be sent.", why, "bad", "send", links=_see(facts))


def _blocked(facts: Facts) -> Next:
    address = facts.standing.invoice.customer.email
    why = "No email goes there. Enter another address, or take this one off the list."
    link = Link("/staff/suppressions", "ban", "Block list")
    return Next(f"{address} is on the block list.", why, "bad", "correct", links=(link,))


def _see(facts: Facts) -> Sequence[Link]:
    newest = facts.standing.record.newest
    return (Link(f"/staff/messages/{newest.message_id}", "mail", "See why"),) if newest else ()


_TROUBLES: dict[Delivery, Callable[[Facts], Next]] = {
    _D.BOUNCED: _bounced,
    _D.IN_DOUBT: _in_doubt,
    _D.FAILED: _failed,
    _D.BLOCKED: _blocked,
}


def _customer(facts: Facts) -> Next | None:
    """What the customer told us and nobody has answered."""
    if facts.objection is not None:
        what = REASONS.get(facts.objection.reason, facts.objection.reason)
        link = Link("#objections", "pen", "Answer")
        return Next(
            f"The customer objects: {what}.", "Reminders wait for your answer.", "warn", links=(link,)
        )
    match facts.standing.payment:
        case _P.DISPUTED:
            link = Link("#money", "money", "See the money")
            return Next("A dispute is open.", "Reminders wait until it is settled.", "warn", links=(link,))
        case _P.SAYS_PAID:
            hold = facts.hold(HoldReason.CLAIMED)
            why = (hold.detail if hold else "") or "Look for it on the bank statement."
            return Next("The customer says they have paid.", why, "warn", links=(_PAY,))
        case _P.PROMISE_BROKEN:
            links = (_REMIND, _HOLD)
            return Next("The promised day has passed.", "No payment has come in.", "warn", links=links)
        case _P.COMPLAINED:
            why = "Reminders wait. Talk to them another way."
            return Next("The customer reported an email as spam.", why, "warn", links=(_HOLD,))
    return None


def _money(facts: Facts) -> Next | None:
    if facts.proposed:
        link = Link("#refunds", "undo", "Look at it")
        why = "Nothing goes back before somebody else than its author approves it."
        return Next("A refund waits for approval.", why, "warn", links=(link,))
    if facts.standing.payment is _P.OVERPAID:
        link = Link("#money", "undo", "Refund…")
        return Next("More was paid than was owed.", "Give it back, or talk to them.", "warn", links=(link,))
    if facts.awaited is not None:
        return Next("The customer has yet to complete a payment.", "Reminders wait for it.")
    if facts.standing.payment is _P.CLEARING:
        return Next(
            "A payment is clearing.", "A receipt goes out once it has arrived; until then nobody is reminded."
        )
    return None


def _unsent(facts: Facts) -> Next | None:
    if not facts.standing.invoice.owed:
        return None
    record = facts.standing.record
    if facts.delivery in OPEN and record.newest and record.paused:
        link = Link(f"/staff/bulk/{record.newest.bulk_id}", "pause", "Open the batch")
        why = f"Batch {record.newest.bulk_id} is paused. It goes out once somebody resumes the batch."
        return Next("The invoice email is paused.", why, "warn", links=(link,))
    if facts.delivery in OPEN and record.newest:
        link = Link(f"/staff/messages/{record.newest.message_id}", "clock", "Change or cancel")
        slow = record.newest.attempts > 0 and record.newest.state is MessageState.SCHEDULED
        why = "The receiving server asked to wait; tries go on." if slow else "Not sent if it is paid first."
        return Next(
            "Next: the invoice email", why, "warn" if slow else "", at=record.newest.next_at, links=(link,)
        )
    if record.taken is None and not facts.standing.invoice.issuer.host_mails_invoices:
        why = "The customer has it only if you sent it another way."
        return Next("Not emailed yet.", why, form="send", links=(Link("#send", "clock", "At another time…"),))
    return None


def _reminder(facts: Facts) -> Next:
    if not facts.standing.invoice.owed:
        return Next("Nothing to do.", "Nothing is owed, and no email is due.")
    explained, promise = facts.explained, facts.hold(HoldReason.PROMISED)
    if explained.next_at is not None:
        why = "Not sent if it is paid first."
        if promise and promise.until:
            why = "The customer promised to pay before that. " + why
        return Next("Next: a reminder", why, at=explained.next_at, links=(_HOLD, _REMIND))
    reason = explained.problem or explained.reason
    return Next("No reminder is due.", f"{reason[:1].upper()}{reason[1:]}.", links=(_REMIND,))
