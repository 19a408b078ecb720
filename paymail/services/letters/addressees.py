"""Who an email goes to as things stand now: the customer, the contacts of its group, the bookkeeper."""

from collections.abc import Iterator, Mapping

from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import TO_NAMED, ContactRole, Invoice, Message, MessageKind
from paymail.services.letters.kinds import KINDS
from paymail.services.outbox import suppressions
from paymail.services.outbox.recipients import Addressee, Addressees
from paymail.services.outbox.suppressions import normalised

BOOKKEPT = (MessageKind.INVOICE, MessageKind.RECEIPT, MessageKind.REFUND, MessageKind.VOID)
"""What a bookkeeper gets a copy of."""


def addressees(
    session: Session, *, message: Message, invoice: Invoice, suppressed: Mapping[str, str] | None = None
) -> Addressees:
    """Return where a message is to go now. `invoice` needs its issuer, customer and contacts loaded.

    What is for staff goes where it was queued for, suppressed or not. `suppressed` is what `among` says of
    the addresses of many messages, if it was asked before (`addresses`).
    """
    if message.kind in TO_STAFF:
        return Addressees((Addressee(message.recipient.partition("\n")[0], ContactRole.TO),))
    wanted: dict[str, tuple[str, ContactRole]] = {}
    for address, role in _wanted(message, invoice):
        wanted.setdefault(normalised(address), (address, role))
    if suppressed is None:
        suppressed = suppressions.among(session, addresses=wanted)
    return Addressees(tuple(Addressee(*one, suppressed.get(key, "")) for key, one in wanted.items()))


def addresses(message: Message, invoice: Invoice) -> list[str]:
    """Return every address that a message may go to, suppressed or not."""
    return [] if message.kind in TO_STAFF else [address for address, _role in _wanted(message, invoice)]


def mailed(session: Session, *, message: Message, invoice: Invoice) -> Addressees:
    """Return where a message goes that was permitted to go out.

    A lone address is not looked up once more: if it were suppressed, nothing would go out at all.
    """
    alone = not invoice.customer.contacts and not invoice.issuer.bookkeeper_email
    if alone and message.kind not in (*TO_STAFF, *TO_NAMED):
        return Addressees((Addressee(invoice.customer.email, ContactRole.TO),))
    return addressees(session, message=message, invoice=invoice)


def is_addressed(session: Session, *, message: Message, invoice: Invoice) -> bool:
    """Whether the recipients that were kept with a message are those that it is to go to now."""
    kept = frozenset(map(normalised, message.recipient.split("\n")))
    return kept == mailed(session, message=message, invoice=invoice).reachable


def _wanted(message: Message, invoice: Invoice) -> Iterator[tuple[str, ContactRole]]:
    if message.kind in TO_NAMED:
        yield message.recipient, ContactRole.TO
        return
    yield invoice.customer.email, ContactRole.TO
    group = KINDS[message.kind].group if message.kind in KINDS else None
    if group is not None:
        for contact in invoice.customer.contacts:
            if getattr(contact, group):
                yield contact.email, contact.role
    if message.kind in BOOKKEPT and invoice.issuer.bookkeeper_email:
        yield invoice.issuer.bookkeeper_email, ContactRole.BCC
