"""What a report changes. Under the locks of the invoices concerned (by id), then of the message."""

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
from paymail.services.access.visible import among_all_issuers
from paymail.services.bounces.acceptance import LOCKED, note, prove_accepted
from paymail.services.bounces.bounce_notice import (
    tell_of_complaint,
    tell_of_failure_somewhere,
    tell_staff,
    words_of,
)
from paymail.services.bounces.match import Match, match
from paymail.services.bounces.parser import parse
from paymail.services.bounces.report import Finding, Kind, Report
from paymail.services.bounces.sender_reports import believed
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import queue, recipients, sender_refusals, suppressions
from paymail.services.outbox.suppressions import normalised
from paymail.services.reminders import holds

_S = MessageState
_NOTED = {Kind.SOFT: "email_delayed", Kind.DELIVERED: "email_delivered"}


def receive(session: Session, *, raw: bytes, source: str, now: datetime) -> Bounce:
    """Take one report as it came in and do what it calls for. The same bytes again change nothing.

    `source` says how it came (`mailbox`, `http`, `cli`). No bytes make it raise.
    """
    return apply(session, report=parse(raw), source=source, now=now)


def apply(session: Session, *, report: Report, source: str, now: datetime) -> Bounce:
    """Record a report that was read, once by its digest, and do what it calls for."""
    found = match(session, report)
    if _record(session, report, found, source, now) and found is not None and found.finding is not None:
        _act(session, found, source, now)
    kept = select(Bounce).where(Bounce.digest == report.digest)  # of no message that is seen, perhaps
    return session.scalars(among_all_issuers(kept)).one()


def listed(session: Session, *, limit: int = 200) -> list[Bounce]:
    """Return reports, newest first."""
    return list(session.scalars(select(Bounce).order_by(Bounce.bounce_id.desc()).limit(limit)))


def _record(session: Session, report: Report, found: Match | None, source: str, now: datetime) -> bool:
    finding = found.finding if found else None
    shown = finding or next(iter(report.findings), None)
    why = report.fault or (
        "the report is about another recipient" if found else "the report does not name a paymail message"
    )
    values = {
        "digest": report.digest,
        "message_id": found.message.message_id if found else None,
        "recipient": normalised(shown.addresses[-1])[:320] if shown and shown.addresses else "",
        "kind": finding.kind if finding else Kind.UNMATCHED,
        "status": shown.status[:16] if shown else "",
        "detail": (finding.detail if finding else why),
        "source": source[:24],
        "received_at": now,
    }
    return insert_once(session, Bounce, values)


def _act(session: Session, match_: Match, source: str, now: datetime) -> None:
    """Do what a report calls for, by address (normalised)."""
    message, own = match_.message, {normalised(address) for address in match_.message.recipient.split("\n")}
    hard = {address for address, finding in match_.found.items() if finding.kind is Kind.HARD}
    concerned = _lock(session, message, hard or own if match_.unclear or match_.complaint else hard)
    session.refresh(message, with_for_update=LOCKED)
    prove_accepted(session, message=message, by=f"a report from {source}", now=now)
    for address, finding in match_.found.items():
        if finding.kind is Kind.HARD:
            if not recipients.has_bounced(session, message=message, address=address):
                if _bounced(session, message, finding, address, source, now):
                    reason = HoldReason.REFUSED if finding.bad_sender else HoldReason.BOUNCED
                    _hold(session, concerned, reason, finding, source, now)
                session.refresh(message)
        else:
            note(session, message, _NOTED[finding.kind], words_of(finding), source, now)
    if match_.unclear is not None:
        _failed_somewhere(session, message, match_.unclear, concerned, source, now)
    if match_.complaint is not None:
        _complained(session, message, match_.complaint, concerned, source, now)


def _failed_somewhere(
    session: Session, message: Message, finding: Finding, concerned: list[int], source: str, now: datetime
) -> None:
    """Note what became of an email at one of several recipients; which one is not known."""
    if finding.kind is not Kind.HARD:
        note(session, message, _NOTED[finding.kind], words_of(finding), source, now)
        return
    note(session, message, "email_bounced", f"{message.kind}: {words_of(finding)}", source, now)
    if message.kind not in TO_STAFF:
        tell_of_failure_somewhere(session, message, finding, now)
        _hold(session, concerned, HoldReason.BOUNCED, finding, source, now)


def _complained(
    session: Session, message: Message, finding: Finding, concerned: list[int], source: str, now: datetime
) -> None:
    """Hold the reminders of a customer who called an email unwanted, and tell staff. Nothing is suppressed:
    an invoice is owed whether or not somebody likes to hear of it."""
    note(session, message, "email_complained", f"{message.kind}: {finding.detail}", source, now)
    if message.kind not in TO_STAFF:
        tell_of_complaint(session, message, finding, now, held=bool(concerned))
        _hold(session, concerned, HoldReason.COMPLAINED, finding, source, now)


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


def _bounced(
    session: Session, message: Message, finding: Finding, address: str, source: str, now: datetime
) -> bool:
    """Record a bounce at one address; return whether the email reached nobody whom it was written to."""
    words, was = words_of(finding), message.state
    whole = recipients.bounce(session, message=message, address=address, reason=words, now=now)
    if not whole or was is _S.BOUNCED:
        note(session, message, "email_bounced", f"{message.kind} to {address}: {words}", source, now)
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
        note(session, message, "email_bounced", f"{message.kind}: {words}", source, now)
    else:
        # Withdrawn, failed or queued again meanwhile: the report is about an earlier hand-over of it.
        note(session, message, "email_bounced", f"an earlier copy: {words}", source, now)
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
    if message.kind in TO_STAFF:
        return whole
    if finding.bad_sender and believed(session, message=message, address=address, source=source, now=now):
        sender_refusals.close(session, message=message, address=address, words=words, now=now)
    else:
        tell_staff(session, message, finding, address, now, held=whole)
    return whole


def _hold(
    session: Session,
    invoice_ids: list[int],
    reason: HoldReason,
    finding: Finding,
    source: str,
    now: datetime,
) -> None:
    # One that is held for this already stays as it is: the first reason is the one to mend.
    for invoice_id in invoice_ids:
        held = holds.in_force(session, invoice_ids=[invoice_id], now=now)
        if not any(hold.reason == reason for hold in held):
            holds.place(
                session,
                invoice_id=invoice_id,
                reason=reason,
                actor=source,
                now=now,
                detail=words_of(finding),
                origin=HoldOrigin.BOUNCE,
            )
