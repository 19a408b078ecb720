"""The fate of an email at each of its addresses, where it has several."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from paymail.models import ContactRole, Message, MessageRecipient, MessageState, RecipientState
from paymail.services.outbox.suppressions import normalised

_R = RecipientState


@dataclass(frozen=True, slots=True)
class Addressee:
    """One address of an email; `suppressed` says why it is left out, empty: it is not."""

    address: str
    role: ContactRole
    suppressed: str = ""


@dataclass(frozen=True, slots=True)
class Addressees:
    """All addresses of an email, each once: the customer's own first."""

    all: tuple[Addressee, ...]

    def named(self, role: ContactRole) -> tuple[str, ...]:
        """Return those of a role that may be mailed."""
        return tuple(one.address for one in self.all if one.role is role and not one.suppressed)

    @property
    def reachable(self) -> frozenset[str]:
        """The addresses that may be mailed, in the form to compare them by."""
        return frozenset(normalised(one.address) for one in self.all if not one.suppressed)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an email at one address. `state` is the message's own where it has no other address."""

    address: str
    role: ContactRole
    state: str
    reason: str = ""
    settled_at: datetime | None = None


def begin(session: Session, *, message_id: int, going: Addressees) -> None:
    """Note where an email is to go that has just been written, in the transaction that keeps its bytes."""
    if len(going.all) < 2:
        return  # rows of an earlier writing, for contacts that are gone, do not fit the message any more
    session.execute(delete(MessageRecipient).where(MessageRecipient.message_id == message_id))
    for one in going.all:
        state = _R.SUPPRESSED if one.suppressed else _R.PENDING
        session.add(
            MessageRecipient(
                message_id=message_id,
                address=normalised(one.address),
                role=one.role,
                state=state,
                reason=one.suppressed,
            )
        )


def settle(session: Session, *, message: Message, refused: Mapping[str, str], now: datetime) -> None:
    """Note who the server took an email for, and who it refused, with its words."""
    if "\n" not in message.recipient:
        return  # the message itself says it
    words = {normalised(address): reply for address, reply in refused.items()}
    for row in _rows(session, message):
        if row.state is _R.PENDING:
            row.state = _R.REFUSED if row.address in words else _R.ACCEPTED
            row.reason, row.settled_at = words.get(row.address, ""), now


def has_bounced(session: Session, *, message: Message, address: str) -> bool:
    """Whether it is known that an email came back from an address (normalised)."""
    rows = [row.state for row in _rows(session, message) if row.address == address]
    return _R.BOUNCED in rows if rows else message.state is MessageState.BOUNCED


def bounce(session: Session, *, message: Message, address: str, reason: str, now: datetime) -> bool:
    """Note that an email came back from one address; return whether it reached nobody whom it was written to.

    `address` is normalised. An email to a single address has no rows, and reached nobody then.
    """
    statement = (
        update(MessageRecipient)
        .where(
            MessageRecipient.message_id == message.message_id,
            MessageRecipient.address == address,
            MessageRecipient.state.in_((_R.PENDING, _R.ACCEPTED, _R.REFUSED)),
        )
        .values(state=_R.BOUNCED, reason=reason, settled_at=now)
    )
    session.execute(statement.execution_options(synchronize_session="fetch"))
    written_to = (row for row in _rows(session, message) if row.role is ContactRole.TO)
    return not any(row.state in (_R.PENDING, _R.ACCEPTED) for row in written_to)


def fates(session: Session, *, message: Message) -> list[Fate]:
    """Return what became of an email at each address, the customer's own first."""
    rows = _rows(session, message)
    alone = "\n" not in message.recipient
    if rows:
        return [_fate(message if alone and row.state is _R.PENDING else row, row) for row in rows]
    addresses = message.recipient.split("\n")
    return [Fate(a, ContactRole.TO, message.state, message.reason, message.settled_at) for a in addresses]


def _fate(said_by: Message | MessageRecipient, row: MessageRecipient) -> Fate:
    return Fate(row.address, row.role, said_by.state, said_by.reason, said_by.settled_at)


def _rows(session: Session, message: Message) -> list[MessageRecipient]:
    """Return the rows of the message as it was last written."""
    statement = select(MessageRecipient).where(MessageRecipient.message_id == message.message_id)
    rows = list(session.scalars(statement.order_by(MessageRecipient.recipient_id)))
    mailed = {row.address for row in rows if row.state is not _R.SUPPRESSED}
    return rows if mailed == set(map(normalised, message.recipient.split("\n"))) else []
