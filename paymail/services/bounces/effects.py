"""What a report changes. Under the locks of the invoices concerned (by id), then of the message."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.emails import TO_STAFF
from paymail.models import (
    Bounce,
    Contact,
    ContactRole,
    Customer,
    HoldOrigin,
    HoldReason,
    Invoice,
    InvoiceStatus,
    Message,
    MessageState,
)
from paymail.services.bounces.bounce_notice import tell_staff, words_of
from paymail.services.bounces.match import findings_for, message_of, worst
from paymail.services.bounces.parser import parse
from paymail.services.bounces.report import Finding, Kind, Report
from paymail.services.core import history
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import queue, recipients, suppressions
from paymail.services.outbox.suppressions import normalised
from paymail.services.reminders import holds

_S = MessageState
_IN_DOUBT = (_S.HANDOVER, _S.UNKNOWN)
LOCKED = {"key_share": True}
"""FOR NO KEY UPDATE: rows that only refer to the message (other reports about it) do not conflict."""


def receive(session: Session, *, raw: bytes, source: str, now: datetime) -> Bounce:
    """Take one report as it came in and do what it calls for. The same bytes again change nothing.

    `source` says how it came (`mailbox`, `http`, `cli`). No bytes make it raise.
    """
    return apply(session, report=parse(raw), source=source, now=now)


def apply(session: Session, *, report: Report, source: str, now: datetime) -> Bounce:
    """Record a report that was read, once by its digest, and do what it calls for."""
    message = message_of(session, report)
    found = findings_for(message, report.findings) if message else {}
    finding = worst(found.values())
    if not _record(session, report, message, finding, source, now):
        return session.scalars(select(Bounce).where(Bounce.digest == report.digest)).one()
    if message is not None and finding is not None:
        _act(session, message, found, source, now)
    return session.scalars(select(Bounce).where(Bounce.digest == report.digest)).one()


def listed(session: Session, *, limit: int = 200) -> list[Bounce]:
    """Return reports, newest first."""
    return list(session.scalars(select(Bounce).order_by(Bounce.bounce_id.desc()).limit(limit)))


def _record(
    session: Session,
    report: Report,
    message: Message | None,
    finding: Finding | None,
    source: str,
    now: datetime,
) -> bool:
    shown = finding or next(iter(report.findings), None)
    why = report.fault or (
        "the report is about another recipient" if message else "the report does not name a paymail message"
    )
    values = {
        "digest": report.digest,
        "message_id": message.message_id if message else None,
        "recipient": normalised(shown.addresses[0])[:320] if shown else "",
        "kind": finding.kind if finding else Kind.UNMATCHED,
        "status": shown.status[:16] if shown else "",
        "detail": (finding.detail if finding else why),
        "source": source[:24],
        "received_at": now,
    }
    return insert_once(session, Bounce, values)


def _act(
    session: Session, message: Message, found: Mapping[str, Finding], source: str, now: datetime
) -> None:
    """Do what the findings call for, by address (normalised)."""
    hard = {address for address, finding in found.items() if finding.kind is Kind.HARD}
    concerned = _lock(session, message, hard)
    session.refresh(message, with_for_update=LOCKED)
    prove_accepted(session, message=message, by=f"a report from {source}", now=now)
    for address, finding in found.items():
        match finding.kind:
            case Kind.HARD if not recipients.has_bounced(session, message=message, address=address):
                if _bounced(session, message, finding, address, source, now):
                    for invoice_id in concerned:
                        _hold(session, invoice_id, finding, source, now)
                session.refresh(message)
            case Kind.SOFT:
                _note(session, message, "email_delayed", words_of(finding), source, now)
            case Kind.DELIVERED:
                _note(session, message, "email_delivered", words_of(finding), source, now)


def _lock(session: Session, message: Message, hard: set[str]) -> list[int]:
    """Lock the invoices concerned, lowest id first; return those whose reminders must wait.

    These are the customer's owed invoices, if the address is still theirs and it is they who were mailed.
    """
    customer = session.scalars(
        select(Customer).join(Invoice).where(Invoice.invoice_id == message.invoice_id)
    ).one()
    waiting: list[int] = []
    if message.kind not in TO_STAFF and hard & _written_to(session, customer):
        owed = select(Invoice.invoice_id).where(
            Invoice.customer_id == customer.customer_id,
            Invoice.status == InvoiceStatus.SENT,
            Invoice.shortfall > 0,
        )
        waiting = list(session.scalars(owed))
    for invoice_id in sorted({*waiting, message.invoice_id}):
        load_invoice(session, invoice_id=invoice_id, lock=True)
    session.refresh(customer)  # the address may have been changed while we waited for the locks
    return sorted(waiting) if hard & _written_to(session, customer) else []


def _written_to(session: Session, customer: Customer) -> set[str]:
    """Return the addresses whose failure means that the customer is not reached: no copies."""
    contacts = select(Contact.email).where(
        Contact.customer_id == customer.customer_id, Contact.role == ContactRole.TO
    )
    return {normalised(address) for address in (customer.email, *session.scalars(contacts))}


def prove_accepted(session: Session, *, message: Message, by: str, now: datetime) -> bool:
    """Move a message in doubt to sent: only a server that accepted it can report about it.

    The caller holds the message's lock. False if there was no doubt.
    """
    if message.state not in _IN_DOUBT or not queue.move(
        session,
        message_id=message.message_id,
        under=message.fence,
        sources=_IN_DOUBT,
        target=_S.SENT,
        fence=message.fence + 1,
        reason=f"accepted, as shown by {by}",
        settled_at=now,
        lease_until=None,
    ):
        return False
    session.refresh(message)
    recipients.settle(session, message=message, refused={}, now=now)
    _note(session, message, "email_sent", f"{message.kind}: accepted, as shown by {by}", "paymail", now)
    return True


def _bounced(
    session: Session, message: Message, finding: Finding, address: str, source: str, now: datetime
) -> bool:
    """Record a bounce at one address; return whether the email reached nobody whom it was written to."""
    words, was = words_of(finding), message.state
    whole = recipients.bounce(session, message=message, address=address, reason=words, now=now)
    if not whole or was is _S.BOUNCED:
        _note(session, message, "email_bounced", f"{message.kind} to {address}: {words}", source, now)
    elif queue.move(
        session,
        message_id=message.message_id,
        under=message.fence,
        sources=(_S.SENT,),
        target=_S.BOUNCED,
        fence=message.fence + 1,
        reason=words,
        settled_at=now,
    ):
        _note(session, message, "email_bounced", f"{message.kind}: {words}", source, now)
    else:
        # Withdrawn, failed or queued again meanwhile: the report is about an earlier hand-over of it.
        _note(session, message, "email_bounced", f"an earlier copy: {words}", source, now)
    if finding.bad_address:
        suppressions.add(
            session,
            address=address,
            reason="bounced",
            actor=source,
            now=now,
            detail=words,
            message_id=message.message_id,
        )
    if message.kind not in TO_STAFF:
        tell_staff(session, message, finding, address, now, held=whole)
    return whole


def _hold(session: Session, invoice_id: int, finding: Finding, source: str, now: datetime) -> None:
    # One that is held for a bounce already stays as it is: the first reason is the one to mend.
    held = holds.in_force(session, invoice_ids=[invoice_id], now=now)
    if not any(hold.reason == HoldReason.BOUNCED for hold in held):
        holds.place(
            session,
            invoice_id=invoice_id,
            reason=HoldReason.BOUNCED,
            actor=source,
            now=now,
            detail=words_of(finding),
            origin=HoldOrigin.BOUNCE,
        )


def _note(session: Session, message: Message, kind: str, detail: str, actor: str, now: datetime) -> None:
    history.record(
        session,
        invoice_id=message.invoice_id,
        kind=kind,
        actor=actor,
        now=now,
        detail=detail,
        message_id=message.message_id,
    )
