"""Pay links: how long they live, and replacing or taking back one. Always under the invoice's lock.

What is written for a customer holds the link of that moment, so a link that is replaced or taken back has
the emails that wait written afresh: none goes out with a dead link. A link that has ended stays in its row,
so that its page can say so and offer a new one.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from paymail.clock import new_payment_token
from paymail.emails import TO_STAFF
from paymail.errors import Conflict
from paymail.models import Invoice, Issuer, Message, MessageState
from paymail.services.core import history
from paymail.services.core.calendar import BadCalendar, instant, zone_of
from paymail.services.core.invoices import load_invoice
from paymail.services.ledger import open_intent
from paymail.services.links import replaced_tokens
from paymail.services.outbox import queue

AFTER_SENDING = timedelta(days=14)
"""A link lives at least this long after an email that holds it: people read invoices after their holidays,
and accounts departments pay in fortnightly runs. A reminder long after the due date must not lead nowhere."""
MADE, REGENERATED, REVOKED, RENEWED = "link_made", "link_regenerated", "link_revoked", "link_renewed"
NO_LINK = "none"
"""What a page passes as fingerprint when it showed an invoice without a link."""


class NoLinkAllowed(Conflict):
    """The customer's data was erased; nobody may reach the invoice any more."""

    code = "no_link_allowed"


def end_of(issuer: Issuer, *, due: date, now: datetime) -> datetime | None:
    """Return when a link that is given out `now` shall end (UTC); None is never.

    The end of the day, on the issuer's calendar, that is `link_days` after `due`, but not within
    AFTER_SENDING from now.
    """
    if issuer.link_days is None:
        return None
    try:
        zone = zone_of(issuer.timezone)
    except BadCalendar:
        zone = zone_of("UTC")  # a broken zone is found elsewhere; a link needs an end all the same
    try:
        end = instant(due + timedelta(days=issuer.link_days + 1), time(), zone)
    except OverflowError:
        return None
    return max(end, now.astimezone(UTC) + AFTER_SENDING)


def last_day(invoice: Invoice) -> date | None:
    """Return the last whole day, on the issuer's calendar, of the invoice's link; None is no end."""
    end = invoice.payment_token_expires_at
    if end is None:
        return None
    return (end - timedelta(seconds=1)).astimezone(zone_of(invoice.issuer.timezone)).date()


def keep_alive(session: Session, *, invoice: Invoice, now: datetime) -> None:
    """Have the link live long enough for an email that goes out now. Never shortens, never makes one."""
    if lives_long_enough(invoice, now):
        return
    load_invoice(session, invoice_id=invoice.invoice_id, lock=True)  # refreshes `invoice` too
    if not lives_long_enough(invoice, now):
        invoice.payment_token_expires_at = end_of(invoice.issuer, due=invoice.due_date, now=now)


def lives_long_enough(invoice: Invoice, now: datetime) -> bool:
    """Whether an email that goes out now may hold the invoice's link, or there is none to hold."""
    present = invoice.payment_token_expires_at
    if invoice.payment_token is None or present is None:
        return True
    wanted = end_of(invoice.issuer, due=invoice.due_date, now=now)
    return wanted is not None and present >= wanted


def ensure(session: Session, *, invoice: Invoice, actor: str, now: datetime) -> None:
    """Make a link for an invoice that has none, since staff send it: they want it to be paid.

    The caller holds the invoice's lock. An erased customer's invoice stays without one.
    """
    ensure_all(session, invoices=[invoice], actor=actor, now=now)


def ensure_all(session: Session, *, invoices: Iterable[Invoice], actor: str, now: datetime) -> None:
    """Do so for each of some invoices, written together at the next flush."""
    for invoice in invoices:
        if invoice.payment_token is None and invoice.customer.erased_at is None:
            _give(invoice, now)
            history.record(session, invoice_id=invoice.invoice_id, kind=MADE, actor=actor, now=now)


def regenerate(session: Session, *, invoice_id: int, actor: str, now: datetime, was: str = "") -> Invoice:
    """Give an invoice a new link; the old one dies at once, and a payment begun with it is withdrawn.

    A page passes as `was` the fingerprint of the link that it showed: when that is no more the invoice's,
    nothing is done (a double click). Raises NoSuchInvoice, NoLinkAllowed.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if was and was != (fingerprint(invoice) if invoice.payment_token else NO_LINK):
        return invoice
    if invoice.customer.erased_at is not None:
        raise NoLinkAllowed("the customer's data has been erased, so no pay link can be created")
    replace(session, invoice=invoice, kind=REGENERATED, actor=actor, now=now)
    return invoice


def replace(session: Session, *, invoice: Invoice, kind: str, actor: str, now: datetime) -> None:
    """Give a locked invoice a new link in place of its old one; `kind` is that of the timeline event."""
    _let_go_of_the_old(session, invoice, now)
    replaced_tokens.remember(session, invoice=invoice, now=now, revoked=False)
    invoice.link_replaced_at = now
    _give(invoice, now)
    session.flush()
    history.record(session, invoice_id=invoice.invoice_id, kind=kind, actor=actor, now=now)


def revoke(session: Session, *, invoice_id: int, actor: str, now: datetime) -> None:
    """Take the invoice's link back: none leads to it until one is regenerated, or staff send it again.

    Reminders go on, without a link. Nothing happens when it has none. Raises NoSuchInvoice.
    """
    invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
    if invoice.payment_token is None:
        return
    _let_go_of_the_old(session, invoice, now)
    replaced_tokens.remember(session, invoice=invoice, now=now, revoked=True)
    invoice.payment_token = invoice.payment_token_expires_at = None
    invoice.link_replaced_at = invoice.updated_at = now
    history.record(session, invoice_id=invoice_id, kind=REVOKED, actor=actor, now=now)


def ended(invoice: Invoice, *, now: datetime) -> bool:
    """Whether the invoice's link was good once and is not any more."""
    end = invoice.payment_token_expires_at
    return invoice.payment_token is not None and end is not None and end <= now


def fingerprint(invoice: Invoice) -> str:
    """Return what tells one link of an invoice from another and cannot be turned back into it."""
    return hashlib.sha256((invoice.payment_token or "").encode()).hexdigest()[:16]


def outdated(session: Session, *, message: Message) -> bool:
    """Whether a message's kept bytes may hold a link that was replaced since they were handed over.

    Bytes that never were are put aside when the link is replaced (`_let_go_of_the_old`).
    """
    if message.handed_over_at is None:
        return False
    replaced_at = session.scalar(
        select(Invoice.link_replaced_at).where(Invoice.invoice_id == message.invoice_id)
    )
    return replaced_at is not None and replaced_at >= message.handed_over_at


def _give(invoice: Invoice, now: datetime) -> None:
    invoice.payment_token = new_payment_token()
    invoice.payment_token_expires_at = end_of(invoice.issuer, due=invoice.due_date, now=now)
    invoice.updated_at = now


def _let_go_of_the_old(session: Session, invoice: Invoice, now: datetime) -> None:
    """Withdraw the payment that the old link began, and have what waits written with the new link.

    The fence of every message before its hand-over moves on, also of those that nobody has claimed: a
    worker that claims one meanwhile waits for this transaction, and one that read the old link cannot go on.

    To be called before the link is changed: PostgreSQL locks a row harder (FOR UPDATE) when a unique column
    changes, and a worker that holds one of these messages may still have to write its timeline entry.
    """
    open_intent.mark_for_cancellation(session, invoice_id=invoice.invoice_id, now=now)
    write_waiting_afresh(session, invoice_id=invoice.invoice_id)


def write_waiting_afresh(session: Session, *, invoice_id: int) -> None:
    """Have the customer's emails that wait written anew: what they say of the invoice has changed."""
    _write_waiting_afresh(session, Message.invoice_id == invoice_id)


def write_customers_waiting_afresh(session: Session, *, customer_id: int) -> None:
    """Have all emails to a customer that wait written anew: what they say of the buyer has changed."""
    mine = select(Invoice.invoice_id).where(Invoice.customer_id == customer_id)
    _write_waiting_afresh(session, Message.invoice_id.in_(mine))


def write_issuers_waiting_afresh(session: Session, *, issuer_id: int) -> None:
    """Have all of an issuer's emails to customers that wait written anew: what they say of it has changed."""
    mine = select(Invoice.invoice_id).where(Invoice.issuer_id == issuer_id)
    _write_waiting_afresh(session, Message.invoice_id.in_(mine))


def _write_waiting_afresh(session: Session, which: ColumnElement[bool]) -> None:
    """The fence of every message before its hand-over moves on: a worker that read the old cannot go on."""
    session.execute(
        update(Message)
        .where(
            which,
            Message.kind.not_in(TO_STAFF),
            Message.state.in_((MessageState.SCHEDULED, MessageState.SENDING)),
        )
        .values(
            state=MessageState.SCHEDULED,
            fence=Message.fence + 1,
            lease_until=None,
            **queue.write_afresh(),
        )
        .execution_options(synchronize_session=False)
    )
