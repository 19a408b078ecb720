"""Addresses that must not be mailed: put on the list by a hard bounce or by staff, lifted with a reason."""

from collections.abc import Iterable
from datetime import datetime

import idna
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from paymail.db import insert_once
from paymail.errors import InvalidInput, NotFound
from paymail.models import Suppression
from paymail.services.core import read_ahead

_AHEAD = "suppressions"


class NoSuchSuppression(NotFound):
    """No active suppression has this address."""

    code = "no_such_suppression"


class NoReason(InvalidInput):
    """Lifting a suppression needs a reason: it is the record of why mail goes there again."""

    code = "no_reason"


def normalised(address: str) -> str:
    """Return the address in the form suppressions are kept under: lower case, domain in IDNA.

    The local part is lowered too: RFC 5321 lets a host tell cases apart, and practically none does.
    """
    local, _, domain = address.strip().rpartition("@")
    return f"{local.lower()}@{domain_of(domain)}"


def domain_of(address: str) -> str:
    """Return the domain of an address (or a bare domain) in IDNA, lower case; as it is if it has none."""
    domain = address.rpartition("@")[2].strip().lower().rstrip(".")
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain[:255]


def active(session: Session, *, address: str) -> Suppression | None:
    """Return the suppression in force for an address, if any."""
    statement = select(Suppression).where(
        Suppression.address == normalised(address), Suppression.lifted_at.is_(None)
    )
    return session.scalars(statement).one_or_none()


def among(session: Session, *, addresses: Iterable[str]) -> dict[str, str]:
    """Return which of some addresses are suppressed, in their normalised form, with the reason."""
    wanted = {normalised(address) for address in addresses}
    known = read_ahead.known(session, _AHEAD)
    if wanted <= known.keys():
        return {address: known[address] for address in wanted if known[address]}
    statement = select(Suppression.address, Suppression.reason).where(
        Suppression.address.in_(wanted), Suppression.lifted_at.is_(None)
    )
    return {row.address: row.reason for row in session.execute(statement)}


def read(session: Session, *, addresses: Iterable[str]) -> None:
    """Read ahead which of some addresses are suppressed."""
    wanted = {normalised(address) for address in addresses}
    read_ahead.keep(session, _AHEAD, dict.fromkeys(wanted, "") | among(session, addresses=wanted))


def trust(session: Session, *, addresses: Iterable[str]) -> None:
    """Take some addresses (normalised) for not suppressed; the statement that acts on it asks `none_of`."""
    read_ahead.keep(session, _AHEAD, dict.fromkeys(addresses, ""))


def distrust(session: Session) -> None:
    """Ask about each address again."""
    read_ahead.forget(session, _AHEAD)


def none_of(addresses: Iterable[str]) -> ColumnElement[bool]:
    """Return the condition that none of some addresses (normalised) is suppressed."""
    return ~exists().where(Suppression.address.in_(sorted(addresses)), Suppression.lifted_at.is_(None))


def covers(session: Session, *, addresses: Iterable[str]) -> bool:
    """Whether each of some addresses is suppressed: then nobody can be reached."""
    wanted = {normalised(address) for address in addresses}
    return wanted <= among(session, addresses=wanted).keys()


def add(
    session: Session,
    *,
    address: str,
    reason: str,
    actor: str,
    now: datetime,
    detail: str = "",
    message_id: int | None = None,
) -> bool:
    """Suppress an address; False if it is suppressed already."""
    values = {
        "address": normalised(address),
        "reason": reason,
        "detail": detail,
        "message_id": message_id,
        "created_at": now,
        "created_by": actor,
        "lifted_by": "",
        "lift_reason": "",
    }
    return insert_once(session, Suppression, values)


def lift(session: Session, *, address: str, reason: str, actor: str, now: datetime) -> Suppression:
    """Let mail go to the address again. Raises NoSuchSuppression, NoReason."""
    if not reason.strip():
        raise NoReason("enter a reason for lifting the suppression")
    found = active(session, address=address)
    if found is None:
        raise NoSuchSuppression("this address is not suppressed")
    found.lifted_at, found.lifted_by, found.lift_reason = now, actor, reason.strip()
    return found


def listed(session: Session, *, lifted: bool = False, limit: int = 500) -> list[Suppression]:
    """Return suppressions, newest first; with `lifted` the ended ones too."""
    statement = select(Suppression).order_by(Suppression.suppression_id.desc()).limit(limit)
    if not lifted:
        statement = statement.where(Suppression.lifted_at.is_(None))
    return list(session.scalars(statement))
