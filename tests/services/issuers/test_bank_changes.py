"""A change of bank details is told to all staff and waits; customers see the old ones until then."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import (
    BankChange,
    BankChangeState,
    InvoiceStatus,
    Issuer,
    IssuerChange,
    Message,
    MessageState,
    Role,
    StaffRole,
    StaffUser,
)
from paymail.services.core.contexts import Context
from paymail.services.core.documents import invoice_document
from paymail.services.core.invoices import load_invoice
from paymail.services.issuers import bank_changes
from paymail.services.issuers.bank_changes import NoBankChange
from paymail.services.issuers.issuer_settings import set_up_issuer
from paymail.services.outbox import blobs
from paymail.services.sending import invoice_emails
from tests.factories import NOW, make_invoice

DAY = timedelta(days=1)
OLD = {"bank_bsb": "063-000", "bank_number": "1000"}


@pytest.fixture
def billing(engine: Engine) -> Engine:
    """An issuer with an invoice, bank details since yesterday, and staff: one gone, one without a role."""
    with db.transaction(engine) as session:
        make_invoice(session)
        session.add(StaffUser(email="ann@office.example", password_hash="x", created_at=NOW))
        session.add(StaffUser(email="gone@x.example", password_hash="x", created_at=NOW, disabled_at=NOW))
        session.add(StaffUser(email="other@x.example", password_hash="x", created_at=NOW))
        session.flush()
        for person in session.scalars(select(StaffUser).where(StaffUser.email != "other@x.example")):
            session.add(StaffRole(user_id=person.user_id, issuer_id=1, role=Role.VIEWER))
    ask(engine, at=-1, **OLD)
    with db.transaction(engine) as session:
        bank_changes.confirm(session, issuer=session.get_one(Issuer, 1), actor="cli", now=NOW - DAY)
    return engine


def ask(engine: Engine, at: float = 0, actor: str = "Ann", **fields: str) -> list[str]:
    with db.transaction(engine) as session:
        issuer = session.get_one(Issuer, 1)
        return set_up_issuer(session, issuer=issuer, changes=fields, actor=actor, now=NOW + at * DAY)


def tick(engine: Engine, at: float) -> int:
    return bank_changes.apply_due(Context(lambda: db.transaction(engine), lambda: NOW + at * DAY))


def shown(engine: Engine) -> tuple[str, date | None]:
    """The account on documents, and since when."""
    with db.reading(engine) as session:
        bank = invoice_document(load_invoice(session, invoice_id=502), "").issuer.bank
    return bank.number, bank.unchanged_since


def told(engine: Engine) -> list[tuple[str, str]]:
    """To whom notices went after yesterday's, and how each begins."""
    with db.reading(engine) as session:
        rows = session.scalars(select(Message).order_by(Message.message_id))
        return [(row.recipient, row.detail.partition(":")[0]) for row in rows if row.created_at >= NOW]


def test_the_first_details_are_in_force_at_once_while_no_invoice_is_issued(engine: Engine) -> None:
    with db.transaction(engine) as session:
        make_invoice(session, status=InvoiceStatus.DRAFT)
    ask(engine, **OLD)
    assert shown(engine) == ("1000", date(2026, 3, 17))


def test_the_first_details_of_an_issuer_whose_invoices_customers_have_wait_as_well(engine: Engine) -> None:
    with db.transaction(engine) as session:
        make_invoice(session)
    ask(engine, **OLD)
    with db.reading(engine) as session:
        assert session.get_one(Issuer, 1).bank_number == ""
    tick(engine, at=2)
    assert shown(engine) == ("1000", date(2026, 3, 19))


def test_other_details_are_told_to_all_staff_and_in_force_after_48_hours(billing: Engine) -> None:
    assert ask(billing, bank_number="6666") == ["bank_number"]
    headline = "A change of the bank details was asked for"
    assert told(billing) == [("billing@southern-it.example", headline), ("ann@office.example", headline)]
    assert tick(billing, at=1.99) == 0
    assert shown(billing) == ("1000", date(2026, 3, 16))
    assert tick(billing, at=2) == 1
    assert shown(billing) == ("6666", date(2026, 3, 19))
    assert tick(billing, at=3) == 0
    assert len(told(billing)) == 4, "they are told again when customers see it"
    with db.reading(billing) as session:
        newest = session.scalars(select(IssuerChange).order_by(IssuerChange.change_id.desc())).first()
        assert newest is not None
        assert (newest.setting, newest.old, newest.new, newest.actor) == (
            "bank_number",
            "1000",
            "6666",
            "Ann",
        )


@pytest.mark.parametrize("at_once", [True, False])
def test_a_thief_who_changes_the_mailbox_first_does_not_keep_it_from_the_one_of_before(
    billing: Engine, at_once: bool
) -> None:
    mailbox = {"email": "thief@x.example", "reply_to": "thief@x.example"}
    if not at_once:
        ask(billing, **mailbox)
    ask(billing, **(mailbox if at_once else {}), bank_number="6666")
    asked = [address for address, headline in told(billing) if headline.startswith("A change of the bank")]
    assert sorted(asked) == ["ann@office.example", "billing@southern-it.example", "thief@x.example"]


@pytest.mark.parametrize(
    "name", ["email", "reply_to", "bookkeeper_email", "phone", "address", "terms", "footer"]
)
def test_a_detail_in_which_another_account_could_stand_is_told_to_all(billing: Engine, name: str) -> None:
    value = "pay@x.example" if "email" in name or name == "reply_to" else "Pay to 6666"
    for _ in range(2):
        ask(billing, **{name: value})
    assert {"billing@southern-it.example", "ann@office.example"} <= {address for address, _ in told(billing)}
    with db.reading(billing) as session:
        newest = session.scalars(select(Message).order_by(Message.message_id.desc())).first()
        assert newest is not None
        assert f"{value}\nBy: Ann." in newest.detail
    ask(billing, colour="#112233")
    assert len(told(billing)) == (3 if name in ("email", "reply_to") else 2), "what is the same is not told"


def test_an_email_that_waits_is_written_afresh_with_the_new_account(billing: Engine) -> None:
    with db.transaction(billing) as session:
        queued = invoice_emails.send_invoice(session, invoice_id=502, actor="t", now=NOW)
        session.get_one(Message, queued.message_id).mime_sha256 = blobs.keep(
            session, content=b"old account", now=NOW
        )
    ask(billing, bank_number="6666")
    tick(billing, at=2)
    with db.reading(billing) as session:
        message = session.get_one(Message, queued.message_id)
        assert (message.mime_sha256, message.fence, message.state) == (None, 1, MessageState.SCHEDULED)


def test_who_has_the_server_confirms_it_at_once(billing: Engine) -> None:
    ask(billing, bank_number="2000")
    with db.transaction(billing) as session:
        bank_changes.confirm(session, issuer=session.get_one(Issuer, 1), actor="cli", now=NOW)
    assert shown(billing) == ("2000", date(2026, 3, 17))
    with db.transaction(billing) as session, pytest.raises(NoBankChange):
        bank_changes.confirm(session, issuer=session.get_one(Issuer, 1), actor="cli", now=NOW)


def test_a_cancelled_change_never_comes(billing: Engine) -> None:
    ask(billing, bank_number="6666")
    with db.transaction(billing) as session:
        bank_changes.cancel(session, issuer=session.get_one(Issuer, 1), actor="Bob", now=NOW)
    assert tick(billing, at=9) == 0
    assert shown(billing) == ("1000", date(2026, 3, 16))
    with db.transaction(billing) as session, pytest.raises(NoBankChange):
        bank_changes.cancel(session, issuer=session.get_one(Issuer, 1), actor="Bob", now=NOW)


def test_another_change_takes_the_place_of_the_one_that_waits_and_waits_as_long(billing: Engine) -> None:
    ask(billing, bank_number="2000")
    assert ask(billing, at=1, bank_holder="Southern IT") == ["bank_holder"]
    assert ask(billing, at=1.5, bank_holder="Southern IT") == [], "the same again changes nothing"
    assert tick(billing, at=2.5) == 0
    assert tick(billing, at=3) == 1
    with db.reading(billing) as session:
        found = session.get_one(Issuer, 1)
        assert (found.bank_number, found.bank_holder) == ("2000", "Southern IT")
        states = session.scalars(select(BankChange.state).order_by(BankChange.change_id))
        assert list(states) == [
            BankChangeState.APPLIED,
            BankChangeState.CANCELLED,
            BankChangeState.APPLIED,
        ]


def test_asking_for_what_is_in_force_ends_the_change_that_waits(billing: Engine) -> None:
    ask(billing, bank_number="2000")
    ask(billing, bank_number="1000")
    assert tick(billing, at=9) == 0
    assert shown(billing) == ("1000", date(2026, 3, 16))


def test_taking_the_details_away_does_not_make_the_next_ones_the_first(billing: Engine) -> None:
    ask(billing, bank_bsb="", bank_number="")
    tick(billing, at=2)
    assert shown(billing)[0] == ""
    ask(billing, at=2, bank_number="6666")
    assert shown(billing)[0] == ""
    assert tick(billing, at=4) == 1
    assert shown(billing)[0] == "6666"
