"""Starting what a bulk page showed: the same invoices, a bulk send for each company."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import Conflict
from paymail.models import BulkSend
from paymail.services.lists.invoice_filter import from_text
from paymail.services.outbox import gates
from paymail.services.sending import bulk
from paymail.services.sending.bulk import EmptySelection
from paymail.web.staff.bulk_view import StartForm, selection_of, shown_of
from paymail.web.staff.form_actions import moment_of


class OtherThanShown(Conflict):
    """What the filter finds has changed since the page counted it."""

    code = "other_than_shown"


def begin(session: Session, form: StartForm, actor: str, now: datetime) -> Iterator[int]:
    """Start a bulk send for each company and yield their ids; a double click gives the same ones.

    Raises OtherThanShown, EmptySelection, NoFilter, BadFilter, BadTime, BadRate.
    """
    begun = BulkSend.request_key.startswith(f"{form.request_key}-", autoescape=True)
    if before := list(session.scalars(select(BulkSend.bulk_id).where(begun).order_by(BulkSend.bulk_id))):
        yield from before
        return
    selection = selection_of(session, form.filter, now)
    shares = bulk.shares(session, selection=selection)
    if form.shown is not None and form.shown != shown_of(session, selection):
        raise OtherThanShown("other invoices match now than when you looked; check and start again")
    if not shares:
        raise EmptySelection("no matching invoice can be sent")
    wanted = from_text(selection.filter)
    for share in shares:
        one = replace(wanted, company=(share.issuer.issuer_id,))
        started = bulk.start(
            session,
            selection=replace(selection, filter=one.query),
            actor=actor,
            now=now,
            at=moment_of(form, share.issuer, now),
            rate=gates.rate_of(form.rate),
            again=form.again == "yes",
            request_key=f"{form.request_key}-{share.issuer.issuer_id}",
        )
        yield started.bulk_id
