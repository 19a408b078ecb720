"""Changing where customers transfer to: told to all staff, and not in force before 48 hours have passed.

Who has stolen a login or a key could otherwise send every customer's money elsewhere at once. The first
details of an issuer that has issued nothing are in force at once: no customer has a document of it.
"""

import json
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound
from paymail.models import (
    BankChange,
    BankChangeState,
    Invoice,
    InvoiceStatus,
    Issuer,
    Message,
    MessageState,
    in_state,
)
from paymail.services.core.contexts import Context
from paymail.services.core.invoices import local_date
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.services.issuers.bank_notice import in_words, tell
from paymail.services.issuers.setting_history import record
from paymail.services.links import pay_links

WAIT = timedelta(hours=48)
_S = BankChangeState


class NoBankChange(NotFound):
    """No change of the issuer's bank details waits."""

    code = "no_bank_change"


class OtherBankChange(Conflict):
    """The change that was looked at does not wait any more: it was replaced, applied or stopped."""

    code = "other_bank_change"


def waiting(session: Session, *, issuer_id: int) -> BankChange | None:
    """Return the change that waits, if any."""
    statement = select(BankChange).where(BankChange.issuer_id == issuer_id, BankChange.state == _S.WAITING)
    return session.scalars(statement).one_or_none()


def latest(session: Session, *, issuer_id: int) -> BankChange | None:
    """Return the change that was asked for last, whatever became of it."""
    statement = select(BankChange).where(BankChange.issuer_id == issuer_id)
    return session.scalars(statement.order_by(BankChange.change_id.desc()).limit(1)).one_or_none()


def details_of(change: BankChange) -> dict[str, str]:
    """Return the seven fields as they are to be."""
    found: dict[str, str] = json.loads(change.details)
    return found


def asked_for(session: Session, issuer: Issuer) -> dict[str, str]:
    """Return the seven fields as they are to be: as a change that waits has them, else as they are."""
    earlier = waiting(session, issuer_id=issuer.issuer_id)
    return details_of(earlier) if earlier else _present(issuer)


def ask(session: Session, *, issuer: Issuer, fields: dict[str, str], actor: str, now: datetime) -> list[str]:
    """Ask for other bank details (checked already); return which fields differ from those asked for by now.

    What is not in `fields` stays: as it is, or as a change that waits has it. That one ends, and the 48 hours
    begin anew; to ask for what is in force ends it and begins nothing.
    """
    lock(session, issuer)
    present, earlier = _present(issuer), waiting(session, issuer_id=issuer.issuer_id)
    asked = details_of(earlier) if earlier else present
    wanted = asked | fields
    changed = [name for name in BANK_FIELDS if wanted[name] != asked[name]]
    if not changed:
        return []
    if earlier is not None:
        _cancel(session, issuer, earlier, actor, now)
    if wanted != present:
        _begin(session, issuer, wanted, actor, now)
    return changed


def confirm(
    session: Session, *, issuer: Issuer, actor: str, now: datetime, change_id: int | None = None
) -> None:
    """Put the change that waits in force now, as who has access to the server, or a second factor, may.

    With a `change_id`, only that one, which was looked at. Raises NoBankChange, OtherBankChange.
    """
    try:
        found = _locked(session, issuer)
    except NoBankChange as error:
        if change_id is None:
            raise
        raise OtherBankChange("the change that you looked at does not wait any more") from error
    if change_id not in (None, found.change_id):
        raise OtherBankChange("another change was asked for meanwhile; compare what the page shows now")
    _apply(session, issuer, found, actor, now)


def cancel(session: Session, *, issuer: Issuer, actor: str, now: datetime) -> None:
    """End the change that waits, before customers saw it. Raises NoBankChange."""
    _cancel(session, issuer, _locked(session, issuer), actor, now)


def apply_due(context: Context) -> int:
    """Put in force what has waited long enough; return how many. Each has a transaction of its own."""
    with context.transaction() as session:
        due = select(BankChange.issuer_id).where(
            BankChange.state == _S.WAITING, BankChange.due_at <= context.now()
        )
        issuer_ids = list(session.scalars(due))
    for issuer_id in issuer_ids:
        with context.transaction() as session:
            _lock_invoices(session, issuer_id)
            issuer = session.get_one(Issuer, issuer_id)
            lock(session, issuer)
            change = waiting(session, issuer_id=issuer_id)
            if change is not None and change.due_at <= context.now():
                _apply(session, issuer, change, change.asked_by, context.now())
    return len(issuer_ids)


def _has_issued(session: Session, issuer: Issuer) -> bool:
    issued = select(Invoice.invoice_id).where(
        Invoice.issuer_id == issuer.issuer_id, Invoice.status != InvoiceStatus.DRAFT
    )
    return session.scalar(issued.limit(1)) is not None


def _present(issuer: Issuer) -> dict[str, str]:
    return {name: getattr(issuer, name) for name in BANK_FIELDS}


def _lock_invoices(session: Session, issuer_id: int) -> None:
    """Lock the invoices whose emails wait; before the issuer, as a settlement does.

    FOR NO KEY UPDATE, here and of the issuer: see `load_invoice`.
    """
    waiting_emails = select(Message.invoice_id).where(in_state(MessageState.SCHEDULED, MessageState.SENDING))
    theirs = select(Invoice.invoice_id).where(
        Invoice.issuer_id == issuer_id, Invoice.invoice_id.in_(waiting_emails)
    )
    session.execute(theirs.order_by(Invoice.invoice_id).with_for_update(key_share=True))


def lock(session: Session, issuer: Issuer) -> None:
    """Lock an issuer's row, after its invoices, and read it again."""
    session.flush()
    session.refresh(issuer, with_for_update={"key_share": True})


def _locked(session: Session, issuer: Issuer) -> BankChange:
    _lock_invoices(session, issuer.issuer_id)
    lock(session, issuer)
    found = waiting(session, issuer_id=issuer.issuer_id)
    if found is None:
        raise NoBankChange("no change of bank details is waiting")
    return found


def _begin(session: Session, issuer: Issuer, wanted: dict[str, str], actor: str, now: datetime) -> None:
    first = issuer.bank_since is None and not _has_issued(session, issuer)
    change = BankChange(
        issuer_id=issuer.issuer_id,
        details=json.dumps(wanted),
        state=_S.WAITING,
        asked_at=now,
        asked_by=actor,
        due_at=now if first else now + WAIT,
    )
    session.add(change)
    session.flush()
    if first:
        _apply(session, issuer, change, actor, now)
        return
    before, after = in_words(_present(issuer)), in_words(wanted)
    record(session, issuer, "bank_change", ("", f"asked for: {after}"), actor, now)
    tell(session, issuer, change, before=before, after=after, actor=actor, now=now)


def _apply(session: Session, issuer: Issuer, change: BankChange, actor: str, now: datetime) -> None:
    before, wanted = _present(issuer), details_of(change)
    if not _end(session, change, _S.APPLIED, actor, now):
        return
    for name in BANK_FIELDS:
        if before[name] != wanted[name]:
            record(session, issuer, name, (before[name], wanted[name]), actor, now)
            setattr(issuer, name, wanted[name])
    issuer.bank_since = local_date(issuer, now)
    pay_links.write_issuers_waiting_afresh(session, issuer_id=issuer.issuer_id)
    tell(session, issuer, change, before=in_words(before), after=in_words(wanted), actor=actor, now=now)


def _cancel(session: Session, issuer: Issuer, change: BankChange, actor: str, now: datetime) -> None:
    if not _end(session, change, _S.CANCELLED, actor, now):
        return
    before, after = in_words(_present(issuer)), in_words(details_of(change))
    record(session, issuer, "bank_change", (f"asked for: {after}", "cancelled"), actor, now)
    tell(session, issuer, change, before=before, after=after, actor=actor, now=now)


def _end(session: Session, change: BankChange, state: BankChangeState, actor: str, now: datetime) -> bool:
    """Move a change that waits to its end; False: somebody else has."""
    statement = update(BankChange).where(
        BankChange.change_id == change.change_id, BankChange.state == _S.WAITING
    )
    result = session.execute(statement.values(state=state, ended_at=now, ended_by=actor))
    assert isinstance(result, CursorResult)  # noqa: S101 - an UPDATE always gives one; this tells mypy
    session.refresh(change)
    return result.rowcount == 1
