"""An invoice of each of two issuers, with rows about it in the tables that hang on others."""

from datetime import date
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import (
    Bounce,
    BulkSend,
    ContactRole,
    Customer,
    CustomerChange,
    DeliveryAttempt,
    HostRefusal,
    HostSync,
    ImportFile,
    ImportFilePart,
    ImportFileState,
    Instalment,
    Message,
    MessageKind,
    MessageRecipient,
    PaymentPlan,
    RecipientState,
)
from paymail.services.access.visible import Scope, restrict
from paymail.services.core.issuers import create_issuer
from tests.factories import NOW, make_invoice

OURS, THEIRS = 502, 900
"""The invoices of issuers 1 and 2."""


def make_invoices(engine: Engine, **details: Any) -> None:
    """Make the two, and the second issuer."""
    with db.transaction(engine) as session:
        make_invoice(session, invoice_id=OURS, name="Vacuum Shop", **details)
        invoice = make_invoice(session, invoice_id=THEIRS, name="Open Door", **details)
        second = create_issuer(session, name="Northern Lights", email="b@northern.example", now=NOW)
        second.stripe_account = "acct_northern"
        invoice.issuer_id = second.issuer_id
        session.get_one(Customer, invoice.customer_id).issuer_id = second.issuer_id


def message(session: Session, invoice_id: int, **details: Any) -> Message:
    """Write an email about one of them."""
    key = f"{invoice_id}:{sorted(details)}"
    found = Message(
        dedupe_key=key, header_id=key, kind=MessageKind.INVOICE, invoice_id=invoice_id, actor="a",
        next_at=NOW, created_at=NOW, recipient="c@customer.example", **details,
    )  # fmt: skip
    session.add(found)
    session.flush()
    return found


def bulk_send(session: Session, **details: Any) -> BulkSend:
    """Write a bulk send."""
    found = BulkSend(**{"selection": "{}", "starts_at": NOW, "actor": "cli", "created_at": NOW} | details)
    session.add(found)
    session.flush()
    return found


def make_further(session: Session, invoice_id: int, issuer_id: int) -> None:
    """Write a row about one of them in each table that hangs on rows of others."""
    sent = message(session, invoice_id).message_id
    plan = PaymentPlan(invoice_id=invoice_id, actor="a", created_at=NOW)
    sync = HostSync(issuer_id=issuer_id, source=f"of {issuer_id}", accepted_at=NOW)
    file = ImportFile(
        issuer_id=issuer_id, name="x.csv", size=1, sha256="0" * 64, actor="a", received_at=NOW, worked_at=NOW,
        state=next(iter(ImportFileState)),
    )  # fmt: skip
    session.add_all([plan, sync, file])
    session.flush()
    customer = issuer_id
    session.add_all(
        [
            Instalment(plan_id=plan.plan_id, position=1, due_date=date(2026, 4, 1), amount=1),
            DeliveryAttempt(message_id=sent, fence=1, ended_at=NOW, verdict="accepted"),
            MessageRecipient(
                message_id=sent, address="x@y.example", role=next(iter(ContactRole)),
                state=next(iter(RecipientState)),
            ),
            Bounce(digest=f"{issuer_id}" * 64, message_id=sent, kind="hard", source="test", received_at=NOW),
            HostRefusal(sync_id=sync.sync_id, number="1", faults="x", refused_at=NOW, tried_at=NOW),
            ImportFilePart(file_id=file.file_id, position=0, content=b"x"),
            CustomerChange(customer_id=customer, at=NOW, actor="a", field="name", old="a", new="b"),
        ]
    )  # fmt: skip


def as_of(session: Session, *issuers: int, actor: str = "ann@office.example") -> Session:
    """Return the session as one sees it who has a role for some issuers."""
    restrict(session, Scope(frozenset(issuers), actor))
    return session
