"""What is seen by whoever may not see every issuer: the rows of theirs, in every query of their transactions.

It is put on the session once, where a request's transactions begin, so that no page, service or filter can
forget it. Rows are found before they are changed, so what is not found is not changed either. Tables that
belong to the whole installation (suppressions, events of Stripe, the worker's) are not narrowed: their pages
ask for a role for all issuers. A check that nobody else has something looks `among_all_issuers`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Executable, Select, event, exists, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from paymail.models import (
    BankChange,
    Bounce,
    BulkSend,
    Contact,
    Customer,
    CustomerChange,
    DeliveryAttempt,
    Dispute,
    HostRefusal,
    HostSync,
    Import,
    ImportChange,
    ImportFault,
    ImportFile,
    ImportFilePart,
    ImportProfile,
    Instalment,
    Invoice,
    InvoiceLine,
    IssuedDocument,
    Issuer,
    IssuerChange,
    Message,
    MessageRecipient,
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
    Wording,
)

S = TypeVar("S", bound=Executable)
_SCOPE = "paymail_visible"
_AMONG_ALL = "paymail_among_all_issuers"
OF_ISSUER: tuple[Any, ...] = (
    *(Issuer, Invoice, Customer, Payment, Refund, Import, ImportFile, IssuerChange, BankChange, HostSync),
    Wording,
)
"""Tables with an `issuer_id`."""
OF_INVOICE: tuple[Any, ...] = (
    *(Message, TimelineEvent, Dispute, PaymentAttempt, PaymentPlan, Objection, ReminderHold),
    *(IssuedDocument, ReplacedToken, InvoiceLine, SyncedInvoice),
)
"""Tables whose rows belong to an invoice."""
OF_CUSTOMER: tuple[Any, ...] = (Contact, SavedMethod, CustomerChange)
OF_IMPORT: tuple[Any, ...] = (ImportChange, ImportFault)
OF_FILE: tuple[Any, ...] = (ImportFilePart,)
OF_SYNC: tuple[Any, ...] = (HostRefusal,)
OF_MESSAGE: tuple[Any, ...] = (MessageRecipient, DeliveryAttempt, Bounce)
OF_PLAN: tuple[Any, ...] = (Instalment,)

# Other names of the tables: a rule is not for itself, nor meant of what else a statement reads.
_INVOICES, _CUSTOMERS, _IMPORTS, _FILES, _SYNCS, _MESSAGES, _PLANS = (
    table.__table__.alias(f"seen_{table.__tablename__}")
    for table in (Invoice, Customer, Import, ImportFile, HostSync, Message, PaymentPlan)
)


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


def among_all_issuers(statement: S) -> S:
    """Return a statement that reads the rows of every issuer, whoever asks.

    For checks whether anybody else has something. What it finds is not shown.
    """
    return statement.execution_options(**{_AMONG_ALL: True})


def _narrow(state: ORMExecuteState) -> None:
    # What is loaded was visible: its columns, and its relationships, to which the criteria were passed on.
    if not state.is_select or state.is_column_load or state.is_relationship_load:
        return
    if not state.execution_options.get(_AMONG_ALL):
        state.statement = state.statement.options(*_criteria(state.session.info[_SCOPE]))


@lru_cache(maxsize=256)
def _criteria(scope: Scope) -> tuple[Any, ...]:
    return tuple(
        with_loader_criteria(table, rule, include_aliases=True)
        for tables, rule in _rules(tuple(sorted(scope.issuers)), scope.actor)
        for table in tables
    )


def _rules(ids: tuple[int, ...], actor: str) -> list[tuple[tuple[Any, ...], Callable[[Any], Any]]]:
    """Return which rows of which tables are seen.

    As functions, so that they are meant of each alias under which a table is read. They take in plain values
    only, which SQLAlchemy replaces when it uses a compiled statement again.
    """
    return [
        (OF_ISSUER, lambda cls: cls.issuer_id.in_(ids)),
        (OF_INVOICE, lambda cls: cls.invoice_id.in_(_of_issuers(_INVOICES.c.invoice_id, ids))),
        (OF_CUSTOMER, lambda cls: cls.customer_id.in_(_of_issuers(_CUSTOMERS.c.customer_id, ids))),
        (OF_IMPORT, lambda cls: cls.import_id.in_(_of_issuers(_IMPORTS.c.import_id, ids))),
        (OF_FILE, lambda cls: cls.file_id.in_(_of_issuers(_FILES.c.file_id, ids))),
        (OF_SYNC, lambda cls: cls.sync_id.in_(_of_issuers(_SYNCS.c.sync_id, ids))),
        (OF_MESSAGE, lambda cls: cls.message_id.in_(_of_invoices(_MESSAGES.c.message_id, ids))),
        (OF_PLAN, lambda cls: cls.plan_id.in_(_of_invoices(_PLANS.c.plan_id, ids))),
        ((ImportProfile,), lambda cls: cls.issuer_id.is_(None) | cls.issuer_id.in_(ids)),
        ((BulkSend,), lambda cls: _bulk(cls, ids, actor)),
    ]


def _of_issuers(key: Any, ids: Any) -> Select[Any]:
    return select(key).where(key.table.c.issuer_id.in_(ids))


def _of_invoices(key: Any, ids: Any) -> Select[Any]:
    return select(key).where(key.table.c.invoice_id.in_(_of_issuers(_INVOICES.c.invoice_id, ids)))


def _bulk(cls: Any, ids: Any, actor: Any) -> ColumnElement[bool]:
    """A bulk send is seen once all of its messages are there and none is another's; one's own is at once."""
    mine = _MESSAGES.c.invoice_id.in_(_of_issuers(_INVOICES.c.invoice_id, ids))
    of_bulk = select(1).select_from(_MESSAGES).where(_MESSAGES.c.bulk_id == cls.bulk_id)
    theirs, others = exists(of_bulk.where(mine)), exists(of_bulk.where(~mine))
    seen: ColumnElement[bool] = ~others & ((theirs & cls.expanded) | (cls.actor == actor))
    return seen
