"""Receivers that refuse us for our DNS records or reputation: mail to them waits until that is put right.

Every further email to such a receiver would be refused as well, and reputation sinks with each of them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import TO_NAMED, Gate, Message
from paymail.services.core.invoices import load_invoice
from paymail.services.outbox import dedupe_keys, gates, notices
from paymail.services.outbox.refusal_causes import Cause, judged
from paymail.services.outbox.suppressions import domain_of

_WHAT_TO_DO = """The addresses there are not at fault: the receiver does not accept the sender's DNS records \
(SPF, DKIM, DMARC, reverse DNS) or its reputation.
Emails of this issuer to {domain} now wait until {until:%Y-%m-%d %H:%M} UTC.
1. Run `paymail doctor` and correct the DNS records that it names; ask your mail provider about the rest.
2. Run `paymail bounces resume {domain}`: sending goes on, and so do reminders held meanwhile.
3. Send the refused emails again: they are listed as failed or bounced."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A destination that refuses an issuer's mail until, perhaps, `opens_at`."""

    issuer_id: int
    domain: str
    opens_at: datetime
    reason: str


def note_reply(
    session: Session, *, message: Message, address: str, status: str, reply: str, now: datetime
) -> bool:
    """Close the way to an address's domain if a final reply blames the sender; return whether it does."""
    if judged(status, reply)[1] is not Cause.SENDER:
        return False
    close(session, message=message, address=address, words=reply, now=now)
    return True


def close(session: Session, *, message: Message, address: str, words: str, now: datetime) -> None:
    """Close the way from a message's issuer to an address's domain for a day, and tell staff of it once.

    It opens by itself then, so that nobody can stop all mail to a large provider for good. What is refused
    to staff closes nothing: no notice could tell of it; nor what went to an address that somebody named.
    """
    if message.kind in (*TO_STAFF, *TO_NAMED):
        return
    domain = domain_of(address)
    invoice = load_invoice(session, invoice_id=message.invoice_id)
    until = gates.close_for_refusal(
        session, key=gates.refused(invoice.issuer_id, domain), reason=words, now=now
    )
    if until is not None:
        notices.tell_staff(
            session,
            invoice_id=message.invoice_id,
            about="sender_refused",
            key=f"{invoice.issuer_id}-{dedupe_keys.address(domain)}-{now:%Y%m%d%H%M}",
            headline=f"{domain} refuses the emails of {invoice.issuer.name}",
            detail=f"{words[:300]}\n{_WHAT_TO_DO.format(domain=domain, until=until)}",
            now=now,
        )


def closed(session: Session, *, now: datetime) -> list[Refusal]:
    """Return the destinations that are closed now, by domain."""
    statement = select(Gate).where(Gate.key.startswith(gates.REFUSED), Gate.opens_at > now)
    found = []
    for gate in session.scalars(statement):
        issuer, _, domain = gate.key.removeprefix(gates.REFUSED).partition(":")
        found.append(Refusal(int(issuer), domain, gate.opens_at, gate.reason))
    return sorted(found, key=lambda one: (one.domain, one.issuer_id))


def reopen(session: Session, *, domain: str, now: datetime) -> int:
    """Open the way to a domain for all issuers; return for how many it was closed."""
    wanted = domain_of(domain)
    keys = [
        gates.refused(one.issuer_id, one.domain) for one in closed(session, now=now) if one.domain == wanted
    ]
    gates.open_(session, keys=keys)
    return len(keys)
