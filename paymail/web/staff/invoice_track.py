"""The five steps of an invoice, each a fact of its own: issued, emailed, delivered, viewed, paid."""

from dataclasses import dataclass
from datetime import date, datetime

from paymail.models import InvoiceStatus
from paymail.money import Money
from paymail.services.lists.delivery_state import OPEN, Delivery
from paymail.services.lists.payment_state import PaymentState
from paymail.web.staff.invoice_rows import PAYMENT_BADGES
from paymail.web.staff.invoice_standing import Standing
from paymail.web.staff.marks import amount

_D, _P = Delivery, PaymentState


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `kind` is done, part, bad, or empty for what is to come."""

    kind: str
    icon: str
    word: str
    at: datetime | None = None
    text: str = ""
    day: date | None = None
    """When, if only the day is known."""


def track(standing: Standing, home: str) -> list[Step]:
    """Return the steps in their order; amounts in the currency `home` are without its code."""
    ways = _emailed(standing), _delivered(standing), _viewed(standing)
    return [_issued(standing, home), *ways, _paid(standing, home)]


def _issued(standing: Standing, home: str) -> Step:
    invoice = standing.invoice
    total = amount(Money(invoice.total, invoice.currency), home)
    if invoice.status is InvoiceStatus.DRAFT:
        return Step("", "", "Not issued", text=total)
    return Step("done", "check", "Issued", day=invoice.issued_date, text=total)


_UNSENT = {
    _D.IN_DOUBT: Step("bad", "help", "In doubt", text="it may have arrived"),
    _D.FAILED: Step("bad", "x", "Failed", text="no more tries follow"),
    _D.BLOCKED: Step("bad", "x", "Blocked", text="the address is on the block list"),
    _D.SCHEDULED: Step("", "clock", "Scheduled"),
    _D.WAITING: Step("warn", "clock", "Waiting", text="the receiver asked to wait"),
    _D.SENDING: Step("", "clock", "Sending"),
    _D.CANCELLED: Step("", "", "Not emailed", text="cancelled"),
    _D.NOT_NEEDED: Step("", "", "Not emailed", text="it was not needed"),
}


def _emailed(standing: Standing) -> Step:
    record = standing.record
    problem = _UNSENT.get(record.delivery)
    if record.delivery in OPEN and not standing.invoice.owed:
        problem = None  # it waits, but will not go out
    if record.newest is None or problem is None or (record.taken and not problem.kind):
        return _taken(standing)
    waits = record.delivery in OPEN
    if record.paused:
        return Step("warn", "pause", "Paused", text=f"with batch {record.newest.bulk_id}")
    at = record.newest.next_at if waits else record.newest.settled_at
    text = "an earlier one went out" if record.taken else problem.text
    return Step(problem.kind, problem.icon, problem.word, at, text)


def _taken(standing: Standing) -> Step:
    taken = standing.record.taken
    if taken is None:
        theirs = standing.invoice.issuer.host_mails_invoices
        text = "your own system may have sent it" if theirs else "paymail has not sent it"
        return Step("", "", "Not emailed", text=text)
    people = len(taken.recipient.splitlines())
    text = f"{people} people" if people > 1 else "1 person"
    return Step("done", "check", "Emailed", taken.handed_over_at or taken.settled_at, text)


def _delivered(standing: Standing) -> Step:
    record = standing.record
    if record.delivery is _D.BOUNCED:
        settled = record.newest.settled_at if record.newest else None
        return Step("bad", "x", "Bounced", record.returned.received_at if record.returned else settled)
    if record.arrived_at:
        return Step("done", "check", "Delivered", record.arrived_at, "their server said so")
    if record.taken and record.viewed_at:
        return Step("done", "check", "Delivered", text="a person has used it")
    if record.taken:
        return Step("", "", "Not confirmed", text="nothing came back")
    return Step("", "", "Not delivered")


def _viewed(standing: Standing) -> Step:
    if at := standing.record.viewed_at:
        return Step("done", "eye", "Viewed", at)
    return Step("", "", "Not viewed", text="nobody has used the pay page")


def _paid(standing: Standing, home: str) -> Step:
    invoice = standing.invoice
    if invoice.status is InvoiceStatus.VOID:
        return Step("bad", "ban", "Void", invoice.voided_at, "it cannot be paid")
    if standing.payment is _P.CLEARING:
        return Step("part", "clock", "Clearing", text="a payment is on its way")
    if invoice.status is InvoiceStatus.DRAFT or not invoice.owed:
        return _settled(standing)
    if invoice.received > 0:
        paid = amount(Money(invoice.received, invoice.currency), home)
        return Step("part", "cut", paid + " paid", text=amount(standing.owed, home) + " to come")
    late = standing.days > 0
    return Step("part" if late else "", "clock" if late else "", "Not paid", text=_due(standing))


def _due(standing: Standing) -> str:
    return standing.age if standing.days > 0 else f"due {standing.age}"


def _settled(standing: Standing) -> Step:
    if standing.payment is _P.DRAFT:
        return Step("", "", "Not paid")
    tone, word = PAYMENT_BADGES[standing.payment]
    over = tone in ("warn", "bad")
    return Step("part" if over else "done", "cut" if over else "check", word)
