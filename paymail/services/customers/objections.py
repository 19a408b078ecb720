"""What a customer says is wrong with an invoice: the reminders wait until staff have answered.

Whoever has the link can say it, so it proves nothing: the invoice stays owed, and the customer can still pay
what is right. One is open at a time, and an invoice takes MOST in all.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.models import HoldOrigin, HoldReason, Invoice, MessageKind, Objection, ObjectionReason
from paymail.services.core import history
from paymail.services.core.email_addresses import checked_copy
from paymail.services.core.history import CUSTOMER
from paymail.services.core.invoices import load_invoice
from paymail.services.customers.promises import NothingOwed, SaidEnough, may_talk
from paymail.services.links.viewing import act_by_token
from paymail.services.outbox import dedupe_keys, notices, queue
from paymail.services.reminders import holds
from paymail.services.reminders.holds import NoSuchHold

MOST = 5
LONGEST_WORDS = 1000
LONGEST_ANSWER = 4000
_MOST_LINES = 30
"""Whose numbers are kept; an invoice of which more is wrong is wrong as a whole."""
REASONS = {
    ObjectionReason.PRICE: "a price or a quantity",
    ObjectionReason.NOT_RECEIVED: "not received",
    ObjectionReason.NOT_OURS: "not for them",
    ObjectionReason.ORDER_NUMBER: "needs an order number",
    ObjectionReason.OTHER: "something else",
}
"""In words for staff."""


class AlreadyObjected(Conflict):
    """Another one is open, and staff have not answered it yet."""

    code = "already_objected"


class WordsTooLong(InvalidInput):
    """More than staff would read."""

    code = "words_too_long"


class NoOpenObjection(NotFound):
    """The invoice has none that could be closed."""

    code = "no_open_objection"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong: the reason, positions of lines, and the customer's words, by hostile hands."""

    reason: ObjectionReason
    positions: tuple[int, ...] = ()
    words: str = ""
    answer_to: str = ""
    """Empty: the customer's address on file."""


def open_objection(session: Session, *, invoice_id: int) -> Objection | None:
    """Return what is open about an invoice."""
    mine = select(Objection).where(Objection.invoice_id == invoice_id, Objection.closed_at.is_(None))
    return session.scalars(mine).one_or_none()


def objections(session: Session, *, invoice_id: int) -> Sequence[Objection]:
    """Return all that was said of an invoice, oldest first."""
    mine = select(Objection).where(Objection.invoice_id == invoice_id)
    return session.scalars(mine.order_by(Objection.objection_id)).all()


def all_open(session: Session, *, limit: int) -> Sequence[Objection]:
    """Return what waits for an answer, of any invoice, oldest first."""
    waiting = select(Objection).where(Objection.closed_at.is_(None))
    return session.scalars(waiting.order_by(Objection.opened_at, Objection.objection_id).limit(limit)).all()


def may_object(session: Session, *, invoice: Invoice) -> bool:
    """Whether the customer can say now that something is wrong."""
    said = objections(session, invoice_id=invoice.invoice_id)
    return may_talk(invoice) and len(said) < MOST and all(one.closed_at for one in said)


def object_to(session: Session, *, token: str, wrong: Wrong, now: datetime) -> Objection:
    """Write down what is wrong, hold the reminders and tell staff.

    The second click of a double click changes nothing. Raises NoSuchLink, LinkReplaced, LinkExpired,
    NothingOwed, AlreadyObjected, SaidEnough, WordsTooLong, BadAddress.
    """
    invoice = act_by_token(session, token=token, act="said what is wrong", now=now)
    if not may_talk(invoice):
        raise NothingOwed("there is nothing to pay on this invoice at the moment")
    made = _made(invoice, wrong, now)
    if (present := open_objection(session, invoice_id=invoice.invoice_id)) is not None:
        if _said(present) == _said(made):
            return present
        raise AlreadyObjected("we have not answered yet what you told us of this invoice")
    if len(objections(session, invoice_id=invoice.invoice_id)) >= MOST:
        raise SaidEnough("so much was said of this invoice already; please write to its sender")
    session.add(made)
    session.flush()
    _hold(session, invoice, made, now)
    _tell(session, invoice, made, now)
    return made


def close(
    session: Session, *, invoice_id: int, answer: str, actor: str, now: datetime
) -> queue.Queued | None:
    """Close what is open about an invoice, and email `answer` to who said it; an empty one is none.

    The reminders go on. Raises NoSuchInvoice, NoOpenObjection, WordsTooLong.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    found = open_objection(session, invoice_id=invoice_id)
    if found is None:
        raise NoOpenObjection(f"invoice {invoice.number} has no open objection")
    text = _plain(answer, LONGEST_ANSWER)
    found.closed_at, found.closed_by, found.answer = now, actor, text
    with suppress(NoSuchHold):  # staff may have released it already
        holds.lift(session, invoice_id=invoice_id, actor=actor, now=now, reason=HoldReason.OBJECTED)
    queued = _answer(session, invoice, found, actor, now) if text else None
    history.record(
        session,
        invoice_id=invoice_id,
        kind="objection_closed",
        actor=actor,
        now=now,
        detail=f"answered: {text}" if text else "without an answer",
        message_id=queued.message_id if queued else None,
        quotes_customer=True,
    )
    return queued


def scrub(session: Session, *, mine: Select[Any], erased: str, actor: str, now: datetime) -> None:
    """Replace what was said of the invoices that `mine` selects the ids of, and close what is open: their
    customer is erased, so nobody is left to answer."""
    for row in session.scalars(select(Objection).where(Objection.invoice_id.in_(mine))):
        if row.closed_at is None:
            row.closed_at, row.closed_by = now, actor
        row.words, row.answer = erased if row.words else "", erased if row.answer else ""
        row.answer_to = ""


def _made(invoice: Invoice, wrong: Wrong, now: datetime) -> Objection:
    known = {line.position for line in invoice.lines}
    positions = sorted(known.intersection(wrong.positions))[:_MOST_LINES]
    return Objection(
        invoice_id=invoice.invoice_id,
        reason=wrong.reason,
        positions=",".join(map(str, positions)),
        words=_plain(wrong.words, LONGEST_WORDS),
        answer_to=checked_copy(wrong.answer_to) if wrong.answer_to.strip() else invoice.customer.email,
        opened_at=now,
        closed_by="",
        answer="",
    )


def _said(objection: Objection) -> tuple[str, str, str, str]:
    return objection.reason, objection.positions, objection.words, objection.answer_to


def _hold(session: Session, invoice: Invoice, made: Objection, now: datetime) -> None:
    holds.place(
        session,
        invoice_id=invoice.invoice_id,
        reason=HoldReason.OBJECTED,
        actor=CUSTOMER,
        now=now,
        detail=_summary(made),
        origin=HoldOrigin.CUSTOMER,
    )


def _tell(session: Session, invoice: Invoice, made: Objection, now: datetime) -> None:
    notices.tell_staff(
        session,
        invoice_id=invoice.invoice_id,
        about="objection",
        key=made.objection_id,
        headline="The customer says that something is wrong with the invoice",
        detail=f"{_summary(made)}. Answer to: {made.answer_to}. Anyone with the link can say this, so it is"
        " not proof. Reminders are on hold until you answer it, or close it, on the invoice page. The"
        " customer can still pay.",
        now=now,
    )


def _summary(made: Objection) -> str:
    lines = f", line {made.positions.replace(',', ', ')}" if made.positions else ""
    words = f": “{' '.join(made.words.split())}”" if made.words else ""
    return f"{REASONS[made.reason]}{lines}{words}"


def _answer(session: Session, invoice: Invoice, found: Objection, actor: str, now: datetime) -> queue.Queued:
    return queue.add(
        session,
        dedupe_key=dedupe_keys.answer(objection_id=found.objection_id),
        kind=MessageKind.ANSWER,
        invoice=invoice,
        actor=actor,
        now=now,
        recipient=found.answer_to,
        urgent=True,
        detail=found.answer,
    )


def _plain(text: str, longest: int) -> str:
    """Return a text without what is not printable; its lines stay. Raises WordsTooLong."""
    lines = ("".join(c if c.isprintable() else " " for c in line).strip() for line in text.splitlines())
    said = "\n".join(lines).strip()
    if len(said) > longest:
        raise WordsTooLong(f"please use no more than {longest} characters")
    return said
