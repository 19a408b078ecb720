"""The monthly statements that are to go out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.errors import PaymailError
from paymail.models import Invoice, Issuer, MessageKind
from paymail.money import Money
from paymail.services.core.invoices import PARTIES_AND_PLAN, local_date
from paymail.services.customers import monthly_statements
from paymail.services.customers.monthly_statements import Owing
from paymail.services.forecast.coming import Coming, coming
from paymail.services.reminders import situation

AT_ONCE = 1000
"""Invoices that are read in one statement."""


def coming_statements(
    session: Session, now: datetime, until: datetime, issuer_id: int | None, most: int | None
) -> Iterator[Coming]:
    """Yield the statements of runs that begin by `until`, or have more to write; `most` of each run."""
    on = select(Issuer).where(Issuer.statement_day.is_not(None))
    for issuer in session.scalars(on if issuer_id is None else on.where(Issuer.issuer_id == issuer_id)):
        try:
            due = monthly_statements.due_run(session, issuer, now=now)
            days = monthly_statements.runs(issuer, around=local_date(issuer, now))
        except PaymailError:
            continue  # its reminders say so
        to_come = [run for run in days if now < run.at <= until and run.day != issuer.statements_done]
        for run in [*([due] if due else []), *to_come]:
            after = monthly_statements.begun(issuer, run)
            owed = monthly_statements.owing(
                session, issuer_id=issuer.issuer_id, at=run.at, after=after, limit=most
            )
            for start in range(0, len(owed), AT_ONCE):
                yield from _of_run(session, owed[start : start + AT_ONCE], max(run.at, now))


def _of_run(session: Session, owed: list[Owing], at: datetime) -> Iterator[Coming]:
    newest = [one.invoice_id for one in owed]
    wanted = select(Invoice).where(Invoice.invoice_id.in_(newest)).options(*PARTIES_AND_PLAN)
    known = {invoice.invoice_id: invoice for invoice in session.scalars(wanted)}
    for one in owed:
        invoice = known[one.invoice_id]
        row = coming(invoice, situation.policy_or_none(invoice), "", at, "")
        yield replace(row, kind=MessageKind.STATEMENT, balance=Money(one.minor, one.currency))
