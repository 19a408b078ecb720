"""Who has one issuer reads that one's rows, by whatever name; checks that nobody else has a thing ask all."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import aliased

from paymail import db
from paymail.models import (
    Blob,
    Bounce,
    BulkSend,
    Customer,
    CustomerChange,
    DeliveryAttempt,
    HostRefusal,
    ImportFile,
    ImportFilePart,
    Instalment,
    Invoice,
    Issuer,
    Message,
    MessageRecipient,
    Suppression,
)
from paymail.services.access.visible import among_all_issuers
from paymail.services.customers import erasure
from paymail.services.imports.given_tokens import refused_tokens
from paymail.services.imports.removal import remove_messages
from paymail.services.issuers import stripe_account
from paymail.services.issuers.issuer_settings import set_up_issuer
from paymail.services.links import replaced_tokens
from paymail.services.outbox import blobs
from paymail.services.reminders.preferences import BadPreference
from tests.factories import NOW
from tests.services.access.two_issuers_rows import (
    OURS,
    THEIRS,
    as_of,
    bulk_send,
    make_further,
    make_invoices,
    message,
)
from tests.services.imports.host_files import BASE, look, text_of

FURTHER: tuple[Any, ...] = (
    *(Instalment, DeliveryAttempt, MessageRecipient, Bounce, HostRefusal, CustomerChange),
    *(ImportFile, ImportFilePart),
)


@pytest.fixture
def two(engine: Engine) -> Engine:
    """Invoices of two issuers, paid by customers at the same address."""
    make_invoices(engine, email="books@shared.example", paid=8250)
    return engine


def test_a_joined_alias_is_narrowed_whoever_asked_before(two: Engine) -> None:
    other = aliased(Customer)
    joined = select(Issuer.issuer_id, other.issuer_id).join(other, other.customer_id > 0)
    outer = select(Issuer.issuer_id, other.issuer_id).outerjoin(other, other.customer_id > 0)
    for statement in (joined, outer):
        for issuers, seen in (((1,), {(1, 1)}), ((2,), {(2, 2)}), ((), set()), ((1,), {(1, 1)})):
            with db.reading(two) as session:
                found = as_of(session, *issuers).execute(statement)
                assert {tuple(row) for row in found} == seen
        with db.reading(two) as session:
            assert len(as_of(session, 1, 2).execute(statement).all()) == 4


def test_rows_that_hang_on_others_are_seen_with_them(two: Engine) -> None:
    with db.transaction(two) as session:
        make_further(session, OURS, 1)
        make_further(session, THEIRS, 2)
    seen = {}
    for table in FURTHER:
        count = select(func.count()).select_from(table)
        for issuers in ((1,), (2,), (1, 2), ()):
            with db.reading(two) as session:
                seen[table.__tablename__, issuers] = as_of(session, *issuers).scalar(count)
    assert {key: was for key, was in seen.items() if was != len(key[1])} == {}


def test_a_bulk_send_is_seen_when_all_its_messages_are_there_and_by_who_began_it(two: Engine) -> None:
    with db.transaction(two) as session:
        begun = bulk_send(session).bulk_id  # for both, as far as it goes
        message(session, OURS, bulk_id=begun)
        own = bulk_send(session, actor="ann@office.example").bulk_id
        done = bulk_send(session, expanded=True).bulk_id
        message(session, OURS, bulk_id=done, step="1")
        both = bulk_send(session, expanded=True, actor="ann@office.example").bulk_id
        message(session, OURS, bulk_id=both, step="1", tone="x")
        message(session, THEIRS, bulk_id=both)
    with db.reading(two) as session:
        assert set(as_of(session, 1).scalars(select(BulkSend.bulk_id))) == {own, done}
    with db.reading(two) as session:
        assert set(as_of(session, 2).scalars(select(BulkSend.bulk_id))) == {own}
    with db.reading(two) as session:
        assert set(session.scalars(select(BulkSend.bulk_id))) == {begun, own, done, both}


def test_erasing_a_customer_leaves_the_block_and_the_bytes_that_another_issuers_customer_has_too(
    two: Engine,
) -> None:
    with db.transaction(two) as session:
        address = "books@shared.example"
        session.add(Suppression(address=address, reason="hard", created_at=NOW, created_by="relay"))
        shared = blobs.keep(session, content=b"the same", now=NOW)
        alone = blobs.keep(session, content=b"of one", now=NOW)
        message(session, OURS, mime_sha256=shared, pdf_sha256=alone, state="sent")
        message(session, THEIRS, mime_sha256=shared)
    with db.transaction(two) as session:
        mine = as_of(session, 1).get_one(Invoice, OURS).customer_id
        later = NOW + timedelta(days=2)
        erasure.erase_customer(session, customer_id=mine, actor="ann@office.example", now=later)
    with db.reading(two) as session:
        blocked = session.scalars(select(Suppression)).one()
        assert (blocked.address, blocked.lifted_at) == (address, None)
        erased = {digest for digest, at in session.execute(select(Blob.sha256, Blob.erased_at)) if at}
        assert erased == {alone}


def test_taking_messages_back_leaves_the_bytes_of_another_issuers(two: Engine) -> None:
    with db.transaction(two) as session:
        shared = blobs.keep(session, content=b"the same", now=NOW)
        message(session, OURS, mime_sha256=shared)
        message(session, THEIRS, mime_sha256=shared)
    with db.transaction(two) as session:
        remove_messages(as_of(session, 1), Message.invoice_id == OURS, NOW + timedelta(days=2))
    with db.reading(two) as session:
        assert session.scalars(select(Blob.erased_at)).all() == [None]


@pytest.mark.parametrize(("was", "why"), [("former", "replaced or revoked"), ("now", "of another invoice")])
def test_a_link_of_another_issuers_invoice_cannot_be_given(two: Engine, was: str, why: str) -> None:
    with db.transaction(two) as session:
        invoice = session.get_one(Invoice, THEIRS)
        token = invoice.payment_token or ""
        if was == "former":
            replaced_tokens.remember(session, invoice=invoice, now=NOW, revoked=True)
            invoice.payment_token = None
    (host,), faults = look(text_of([BASE]))
    assert faults == []
    with db.reading(two) as session:
        hosts = [replace(host, payment_token=token)]
        (reason,) = refused_tokens(as_of(session, 1), hosts, {}).values()
    assert why in reason


def test_nothing_of_another_company_is_given_to_ones_own(two: Engine) -> None:
    def connect(account: str) -> None:
        with db.transaction(two) as session:
            issuer = as_of(session, 1).get_one(Issuer, 1)
            issuer.stripe_account = ""
            stripe_account.connect(session, issuer=issuer, account=account, actor="ann", now=NOW)

    def mail_from(email: str) -> None:
        with db.transaction(two) as session:
            issuer = as_of(session, 1).get_one(Issuer, 1)
            set_up_issuer(session, issuer=issuer, changes={"email": email}, actor="ann", now=NOW)

    with pytest.raises(BadPreference, match="belongs to another company"):
        connect("acct_northern")
    connect("acct_another")
    with pytest.raises(BadPreference, match=r"another company sends from northern\.example"):
        mail_from("accounts@NORTHERN.example")
    mail_from("accounts@new.example")
    mail_from("b@new.example")


def test_whoever_sees_all_companies_may_share_an_account_and_a_domain(two: Engine) -> None:
    with db.transaction(two) as session:
        issuer = session.get_one(Issuer, 1)
        issuer.stripe_account = ""
        stripe_account.connect(session, issuer=issuer, account="acct_northern", actor="ann", now=NOW)
        set_up_issuer(session, issuer=issuer, changes={"email": "a@northern.example"}, actor="ann", now=NOW)


def test_a_check_among_all_issuers_is_not_narrowed(two: Engine) -> None:
    with db.reading(two) as session:
        every = among_all_issuers(select(Invoice.invoice_id))
        assert set(as_of(session, 1).scalars(every)) == {OURS, THEIRS}
        assert set(session.scalars(select(Invoice.invoice_id))) == {OURS}
