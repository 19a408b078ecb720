"""The audit log: who did what, when and from where, in the transaction in which it was done.

Every transaction of a request passes one place (`App.transaction`), which sees whether it wrote anything.
What services say anyway is taken over: the events of an invoice's history and the changes of an issuer's
settings. Of what has no history the log says which form, route or command it was, and what it was about.
Texts of customers, passwords and tokens do not get into it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import ORMExecuteState, Session

from paymail.models import AuditEntry, Customer, Invoice, IssuerChange, TimelineEvent

_WATCHED = "paymail_audit"
MOST = 50
"""Acts of one transaction that are named one by one."""
LONGEST = 500
"""Characters of a value that are kept."""
_DIGITS = 19
"""So long is no id."""


class Door(StrEnum):
    """From where something was done."""

    PAGE = "page"
    API = "api"
    CLI = "cli"


@dataclass(frozen=True, slots=True)
class Done:
    """One act; of a setting or a field, the value before and after."""

    act: str
    object: str = ""
    name: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; empty fields do not filter. `until` is not included."""

    who: str = ""
    object: str = ""
    acts: Collection[str] = ()
    issuer_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class _Watch:
    """What a transaction has written so far."""

    def __init__(self, actors: frozenset[str]) -> None:
        self.actors, self.wrote = actors, False
        self.acts: list[Done] = []


def watch(session: Session, actors: frozenset[str]) -> None:
    """Note from here on what the session writes, and what histories say in the name of `actors`."""
    session.info[_WATCHED] = _Watch(actors)
    event.listen(session, "before_flush", _flushed)
    event.listen(session, "do_orm_execute", _executed)


def note(session: Session, act: str, about: str, *, name: str = "", old: str = "", new: str = "") -> None:
    """Say of an act without a history what was changed; nothing where nobody in particular asks."""
    if (found := _watch_of(session)) is not None:
        found.acts.append(Done(act, about, name, old, new))


def acts_of(session: Session) -> list[Done] | None:
    """Return what was done in a transaction that is about to end; None if it wrote nothing."""
    found = _watch_of(session)
    if found is None:
        return None
    session.flush()
    return found.acts if found.wrote else None


def record(session: Session, *, who: str, door: Door, done: Sequence[Done], now: datetime) -> None:
    """Add entries; of very many acts only how many there were, since the histories name each."""
    if len(done) > MOST:
        acts = sorted({one.act for one in done})
        done = [Done(", ".join(acts), f"{len(done)} objects")]
    issuers = _issuers_of(session, {one.object for one in done})
    session.add_all(
        AuditEntry(
            at=now,
            issuer_id=issuers.get(one.object),
            who=who[:320],
            door=door,
            act=one.act[:80],
            object=one.object[:80],
            name=one.name[:80],
            old=one.old[:LONGEST],
            new=one.new[:LONGEST],
        )
        for one in done
    )


def _issuers_of(session: Session, objects: Iterable[str]) -> dict[str, int]:
    """Return the issuer of each invoice, customer and issuer among objects; at most two statements."""
    found: dict[str, int] = {}
    ids: dict[str, list[int]] = {"invoice": [], "customer": []}
    for one in objects:
        kind, _, key = one.partition(" ")
        if not (key.isascii() and key.isdecimal() and len(key) < _DIGITS):
            continue
        if kind == "issuer":
            found[one] = int(key)
        elif kind in ids:
            ids[kind].append(int(key))
    if ids["invoice"]:
        pairs = select(Invoice.invoice_id, Invoice.issuer_id).where(Invoice.invoice_id.in_(ids["invoice"]))
        found |= {f"invoice {key}": issuer_id for key, issuer_id in session.execute(pairs)}
    if ids["customer"]:
        pairs = select(Customer.customer_id, Customer.issuer_id)
        pairs = pairs.where(Customer.customer_id.in_(ids["customer"]))
        found |= {f"customer {key}": issuer_id for key, issuer_id in session.execute(pairs)}
    return found


def entries(
    session: Session, *, wanted: AuditFilter, limit: int, after: int | None = None
) -> tuple[list[AuditEntry], int | None]:
    """Return entries, newest first, and the cursor to go on with; None when there are no more."""
    statement = select(AuditEntry).order_by(AuditEntry.entry_id.desc()).limit(limit + 1)
    for condition in _conditions(wanted):
        statement = statement.where(condition)
    if after is not None:
        statement = statement.where(AuditEntry.entry_id < after)
    found = list(session.scalars(statement))
    return found[:limit], found[limit - 1].entry_id if len(found) > limit else None


def every_page(session: Session, *, wanted: AuditFilter) -> Iterator[list[AuditEntry]]:
    """Yield all entries page by page, newest first, in the memory of one. The session forgets each."""
    after: int | None = None
    while True:
        found, after = entries(session, wanted=wanted, limit=200, after=after)
        yield found
        session.expunge_all()
        if after is None:
            return


def _conditions(wanted: AuditFilter) -> Iterator[Any]:
    if wanted.who:
        yield AuditEntry.who == wanted.who
    if wanted.object:
        yield AuditEntry.object == wanted.object
    if wanted.acts:
        yield AuditEntry.act.in_(sorted(wanted.acts))
    if wanted.issuer_id is not None:
        yield AuditEntry.issuer_id == wanted.issuer_id
    if wanted.since:
        yield AuditEntry.at >= wanted.since
    if wanted.until:
        yield AuditEntry.at < wanted.until


def _watch_of(session: Session) -> _Watch | None:
    found: _Watch | None = session.info.get(_WATCHED)
    return found


def _flushed(session: Session, _context: object, _rows: object) -> None:
    found = session.info[_WATCHED]
    found.wrote = found.wrote or _changes(session)
    found.acts += _told(session.new, found.actors)


def _changes(session: Session) -> bool:
    """Whether a flush is about to write: rows that were set to what they are anyway do not count."""
    return bool(session.new or session.deleted or any(session.is_modified(row) for row in session.dirty))


def _executed(state: ORMExecuteState) -> None:
    # A statement of bare text is none of an act: waiting for one's turn is written so.
    if state.is_insert or state.is_update or state.is_delete:
        state.session.info[_WATCHED].wrote = True


def _told(rows: Iterable[object], actors: frozenset[str]) -> Iterator[Done]:
    for row in rows:
        if isinstance(row, TimelineEvent) and row.actor in actors:
            yield Done(row.kind.replace("_", " "), f"invoice {row.invoice_id}")
        elif isinstance(row, IssuerChange) and row.actor in actors:
            yield Done("setting", f"issuer {row.issuer_id}", row.setting, row.old, row.new)
