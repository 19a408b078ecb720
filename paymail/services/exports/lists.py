"""Every list that has a page, as CSV: one statement each, in the memory of a few rows.

Nothing in them opens anything: no link, no token, no content of an email. Times are UTC.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from paymail.errors import NotFound
from paymail.models import (
    BulkSend,
    Customer,
    Drift,
    GatewayEvent,
    Import,
    Invoice,
    Issuer,
    Message,
    Payment,
    Refund,
    Suppression,
)
from paymail.money import to_decimal
from paymail.services.access.roles import NotAllowed
from paymail.services.access.visible import seen_issuers
from paymail.services.exports.csv_lines import table
from paymail.services.exports.side_by_side import stream
from paymail.services.forecast.forecast import forecast

AHEAD = 30
"""Days of the forecast."""


class NoSuchList(NotFound):
    """There is no list of this name."""

    code = "no_such_list"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: what it is called, and how its rows are read, the names of its columns first."""

    title: str
    read: Callable[[Session, datetime], Iterator[Sequence[object]]]
    everywhere: bool = False
    """Whether its rows are of no issuer, and so for those only who see every one."""


def offered(session: Session) -> dict[str, Listing]:
    """Return the lists that whoever asks may have, by name."""
    return {name: one for name, one in LISTS.items() if not one.everywhere or seen_issuers(session) is None}


def lines(session: Session, *, name: str, now: datetime) -> Iterator[str]:
    """Yield the lines of a list's CSV, the head first.

    Raises NoSuchList, NotAllowed, before the first line.
    """
    if name not in LISTS:
        raise NoSuchList(f"there is no list {name[:40]!r}; known are {', '.join(LISTS)}")
    if name not in offered(session):
        raise NotAllowed(
            "This list is of all companies, and your role is for single ones. Ask an admin if you need it."
        )
    return _lines(LISTS[name].read(session, now))


def _lines(rows: Iterator[Sequence[object]]) -> Iterator[str]:
    head = [str(one) for one in next(rows)]
    yield from table(head, rows)


def _of(statement: Select[*tuple[Any, ...]]) -> Callable[[Session, datetime], Iterator[Sequence[object]]]:
    """Read a statement: its labels are the columns; what is called `…amount` is minor units of `currency`."""
    names = [column["name"] for column in statement.column_descriptions]

    def read(session: Session, _now: datetime) -> Iterator[Sequence[object]]:
        yield names
        for row in stream(session, statement):
            yield _plain(names, row)

    return read


def _plain(names: Sequence[str], row: Any) -> list[object]:
    return [
        to_decimal(value, row.currency)
        if name.endswith("amount") and value is not None
        else value.isoformat(timespec="seconds")
        if isinstance(value, datetime)
        else value
        for name, value in zip(names, row, strict=True)
    ]


def _coming(session: Session, now: datetime) -> Iterator[Sequence[object]]:
    yield (
        "at",
        "issuers_time",
        "invoice",
        "customer",
        "kind",
        "step",
        "recipient",
        "currency",
        "balance",
        "held",
    )
    for one in forecast(session, now=now, days=AHEAD):
        at = one.at.isoformat(timespec="seconds") if one.at and one.at < now + timedelta(days=AHEAD) else ""
        money = one.balance.currency, one.balance.decimal
        yield at, one.local, one.number, one.customer, one.kind, one.step, one.recipient, *money, one.held


_CUSTOMERS = select(
    Customer.customer_id, Issuer.name.label("issuer"), Customer.external_ref, Customer.name, Customer.email,
    Customer.tax_id, Customer.country, Customer.address, Customer.locale, Customer.reminders_off,
).join(Issuer, Issuer.issuer_id == Customer.issuer_id).order_by(Customer.customer_id)  # fmt: skip
_MESSAGES = select(
    Message.message_id, Invoice.number.label("invoice"), Message.kind, Message.state, Message.recipient,
    Message.subject, Message.reason, Message.next_at, Message.created_at, Message.settled_at, Message.actor,
).join(Invoice, Invoice.invoice_id == Message.invoice_id).order_by(Message.message_id)  # fmt: skip
_PAYMENTS = select(
    Payment.payment_id, Issuer.name.label("issuer"), Invoice.number.label("invoice"), Payment.currency,
    Payment.amount, Payment.channel, Payment.method, Payment.reference, Payment.paid_on, Payment.received_at,
    Payment.receipt_number, Payment.source, Payment.intent_id,
).join(Invoice, Invoice.invoice_id == Payment.invoice_id).join(
    Issuer, Issuer.issuer_id == Payment.issuer_id
).order_by(Payment.payment_id)  # fmt: skip
_REFUNDS = select(
    Refund.refund_id, Issuer.name.label("issuer"), Invoice.number.label("invoice"), Refund.payment_id,
    Refund.currency, Refund.amount, Refund.credited.label("credited_amount"), Refund.credit_note,
    Refund.status, Refund.channel, Refund.reason, Refund.failure, Refund.actor, Refund.created_at,
).join(Invoice, Invoice.invoice_id == Refund.invoice_id).join(
    Issuer, Issuer.issuer_id == Refund.issuer_id
).order_by(Refund.refund_id)  # fmt: skip
_BATCHES = select(
    BulkSend.bulk_id, BulkSend.state, BulkSend.starts_at, BulkSend.queued, BulkSend.skipped, BulkSend.rate,
    BulkSend.actor, BulkSend.created_at,
).order_by(BulkSend.bulk_id)  # fmt: skip
_IMPORTS = select(
    Import.import_id, Issuer.name.label("issuer"), Import.source, Import.actor, Import.started_at,
    Import.finished_at, Import.created, Import.updated, Import.unchanged, Import.refused,
    Import.taken_back_at,
).join(Issuer, Issuer.issuer_id == Import.issuer_id).order_by(Import.import_id)  # fmt: skip
_BLOCKED = select(
    Suppression.address, Suppression.reason, Suppression.detail, Suppression.created_at,
    Suppression.created_by, Suppression.lifted_at, Suppression.lifted_by, Suppression.lift_reason,
).order_by(Suppression.suppression_id)  # fmt: skip
_EVENTS = select(
    GatewayEvent.event_id, GatewayEvent.type, GatewayEvent.account, GatewayEvent.intent_id,
    GatewayEvent.state, GatewayEvent.reason, GatewayEvent.received_at,
).order_by(GatewayEvent.received_at, GatewayEvent.event_id)  # fmt: skip
_DIFFERENCES = select(
    Drift.kind, Drift.account, Drift.intent_id, Drift.invoice_ref, Drift.books, Drift.stripe, Drift.found_at,
    Drift.gone_at,
).order_by(Drift.found_at, Drift.key)  # fmt: skip

LISTS = {
    "customers": Listing("Customers", _of(_CUSTOMERS)),
    "emails": Listing("Emails", _of(_MESSAGES)),
    "going-out": Listing(f"Emails that go out in the next {AHEAD} days", _coming),
    "batches": Listing("Batches", _of(_BATCHES)),
    "block-list": Listing("Block list", _of(_BLOCKED), everywhere=True),
    "payments": Listing("Payments", _of(_PAYMENTS)),
    "refunds": Listing("Refunds", _of(_REFUNDS)),
    "imports": Listing("Imports", _of(_IMPORTS)),
    "stripe-events": Listing("Stripe events", _of(_EVENTS), everywhere=True),
    "stripe-differences": Listing("Differences with Stripe", _of(_DIFFERENCES), everywhere=True),
}
"""By name, as commands and addresses say it. The list of invoices has its own filter."""
