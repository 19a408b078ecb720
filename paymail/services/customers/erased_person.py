"""Who is being erased: every word that tells who it was, and what is others' as well."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from paymail.emails import TO_STAFF
from paymail.models import TO_NAMED, Contact, Customer, CustomerChange, Issuer, Message, MessageRecipient
from paymail.services.access.visible import among_all_issuers
from paymail.services.outbox.suppressions import normalised

_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U(000[0-9a-f]{5}))")
"""Of `ascii`."""


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """Who is being erased: the new placeholders, and every word that told who it was."""

    customer_id: int
    name: str
    email: str
    addresses: frozenset[str]
    words: frozenset[str]

    def named_in(self, text: str) -> bool:
        """Whether a text names the person, also where it quotes a file in ASCII with escapes."""
        low, plain = text.casefold(), _ESCAPE.sub(_letter, text).casefold()
        return any(word in low or word in plain for word in self.words)


def person_of(session: Session, *, found: Customer, mine: Select[Any]) -> ErasedPerson:
    """Return who a customer is; `mine` selects the ids of its invoices.

    An address that somebody else has too, a bookkeeper's for instance, tells nothing of this one; nor does
    one that somebody named for a copy or an answer, which may be anybody's.
    """
    messages = select(Message.message_id).where(
        Message.invoice_id.in_(mine), Message.kind.not_in((*TO_STAFF, *TO_NAMED))
    )
    mailed = select(Message.recipient).where(Message.message_id.in_(messages))
    left_out = select(MessageRecipient.address).where(MessageRecipient.message_id.in_(messages))
    others = addresses_of_others(session, customer_id=found.customer_id)
    merged = merged_into(session, customer_id=found.customer_id)
    former = select(CustomerChange.old, CustomerChange.field).where(
        CustomerChange.customer_id.in_([one.customer_id for one in (found, *merged)]),
        CustomerChange.field.in_(("name", "email")),
    )
    changed = [(old, field) for old, field in session.execute(former)]
    further = {
        *(old for old, field in changed if field == "email"),
        *session.scalars(select(Contact.email).where(Contact.customer_id == found.customer_id)),
        *session.scalars(left_out),
        *(line for text in session.scalars(mailed) for line in text.split("\n")),
    }
    own = {address for one in (found, *merged) for address in (one.email, one.host_email or one.email)}
    raw = own | {address for address in further if normalised(address) not in others}
    addresses = frozenset(normalised(address) for address in raw)
    locals_ = {address.rpartition("@")[0] for address in addresses}
    words = {
        *(one.name for one in (found, *merged)),
        *(old for old, field in changed if field == "name"),
        *raw,
        *addresses,
        *(local for local in locals_ if len(local) >= 4),
    }
    return ErasedPerson(
        customer_id=found.customer_id,
        name=placeholder_name(found),
        email=placeholder_email(found),
        addresses=addresses,
        words=frozenset(word.casefold() for word in words if word.strip()),
    )


def _letter(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2] or escape[3], 16))


def placeholder_name(found: Customer) -> str:
    """Return what an erased customer is called."""
    return f"Erased customer {found.customer_id}"


def placeholder_email(found: Customer) -> str:
    """Return the address of an erased customer, which reaches nobody (RFC 2606)."""
    return f"erased-{found.customer_id}@erased.invalid"


def merged_into(session: Session, *, customer_id: int) -> list[Customer]:
    """Return the customers that staff merged into this one: they are the same person."""
    return list(session.scalars(select(Customer).where(Customer.merged_into == customer_id)))


def addresses_of_others(session: Session, *, customer_id: int) -> set[str]:
    """Return the addresses (normalised) of other customers, of their contacts and of bookkeepers, of any
    issuer: also of those whom whoever erases does not see."""
    customers = select(Customer.email).where(
        Customer.customer_id != customer_id,
        func.coalesce(Customer.merged_into, 0) != customer_id,
        Customer.erased_at.is_(None),
    )
    contacts = select(Contact.email).where(Contact.customer_id != customer_id)
    bookkeepers = select(Issuer.bookkeeper_email).where(Issuer.bookkeeper_email != "")
    queries = map(among_all_issuers, (customers, contacts, bookkeepers))
    return {normalised(one) for query in queries for one in session.scalars(query)}
