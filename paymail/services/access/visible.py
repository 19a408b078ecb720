"""What is seen by whoever may not see every issuer: the rows of theirs, in every query of their transactions.

It is put on the session once, where a request's transactions begin, so that no page, service or filter can
forget it. Rows are found before they are changed, so what is not found is not changed either. Tables that
belong to the whole installation (suppressions, events of Stripe, the worker's) are not narrowed: their pages
ask for a role for all issuers.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, event, exists, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from paymail.models import (
    BankChange,
    BulkSend,
    Contact,
    Customer,
    Dispute,
    HostSync,
    Import,
    ImportChange,
    ImportFault,
    ImportProfile,
    Invoice,
    InvoiceLine,
    IssuedDocument,
    Issuer,
    IssuerChange,
    Message,
    Objection,
    Payment,
    PaymentAttempt,
    PaymentPlan,
    Refund,
    ReminderHold,
    ReplacedToken,
    SavedMethod,
    SyncedInvoice,
    TimelineEvent,
)

_SCOPE = "paymail_visible"
OF_ISSUER: tuple[Any, ...] = (
    *(Issuer, Invoice, Customer, Payment, Refund, Import, IssuerChange, BankChange, HostSync),
)
"""Tables with an `issuer_id`."""
OF_INVOICE: tuple[Any, ...] = (
    *(Message, TimelineEvent, Dispute, PaymentAttempt, PaymentPlan, Objection, ReminderHold),
    *(IssuedDocument, ReplacedToken, InvoiceLine, SyncedInvoice),
)
"""Tables whose rows belong to an invoice."""
OF_CUSTOMER: tuple[Any, ...] = (Contact, SavedMethod)
OF_IMPORT: tuple[Any, ...] = (ImportChange, ImportFault)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which issuers are seen, and who looks: their own bulk sends are seen before these have messages."""

    issuers: frozenset[int]
    actor: str = ""


def restrict(session: Session, scope: Scope) -> None:
    """Let this session see the rows of `scope` only."""
    session.info[_SCOPE] = scope
    event.listen(session, "do_orm_execute", _narrow)


def seen_issuers(session: Session) -> frozenset[int] | None:
    """Return the issuers that a session sees; None: every one."""
    scope: Scope | None = session.info.get(_SCOPE)
    return scope.issuers if scope else None


def _narrow(state: ORMExecuteState) -> None:
    # What is loaded was visible: its columns, and its relationships, to which the criteria were passed on.
    if state.is_select and not state.is_column_load and not state.is_relationship_load:
        state.statement = state.statement.options(*_criteria(state.session.info[_SCOPE]))


@lru_cache(maxsize=256)
def _criteria(scope: Scope) -> tuple[Any, ...]:
    ids = sorted(scope.issuers)
    # Of the table, not of the class: the criteria are not for themselves.
    invoices, customers, imports = (table.__table__ for table in (Invoice, Customer, Import))
    of_invoice = select(invoices.c.invoice_id).where(invoices.c.issuer_id.in_(ids))
    of_customer = select(customers.c.customer_id).where(customers.c.issuer_id.in_(ids))
    of_import = select(imports.c.import_id).where(imports.c.issuer_id.in_(ids))
    given: list[tuple[Any, ColumnElement[bool]]] = [
        *((table, table.issuer_id.in_(ids)) for table in OF_ISSUER),
        *((table, table.invoice_id.in_(of_invoice)) for table in OF_INVOICE),
        *((table, table.customer_id.in_(of_customer)) for table in OF_CUSTOMER),
        *((table, table.import_id.in_(of_import)) for table in OF_IMPORT),
        (ImportProfile, ImportProfile.issuer_id.is_(None) | ImportProfile.issuer_id.in_(ids)),
        (BulkSend, _bulk(scope, of_invoice)),
    ]
    return tuple(with_loader_criteria(table, rule, include_aliases=True) for table, rule in given)


def _bulk(scope: Scope, of_invoice: Any) -> ColumnElement[bool]:
    messages = Message.__table__
    of_bulk = messages.c.bulk_id == BulkSend.bulk_id
    theirs = exists(select(1).select_from(messages).where(of_bulk, messages.c.invoice_id.in_(of_invoice)))
    others = exists(select(1).select_from(messages).where(of_bulk, messages.c.invoice_id.not_in(of_invoice)))
    return ~others & (theirs | (BulkSend.actor == scope.actor))
