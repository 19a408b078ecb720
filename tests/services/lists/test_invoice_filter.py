"""One filter: each part leaves what it names, its text is read back as it was, and nothing is passed over."""

import itertools
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, event, text, update
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import (
    Bounce,
    Drift,
    HoldOrigin,
    HoldReason,
    Invoice,
    InvoiceStatus,
    Issuer,
    Message,
    MessageKind,
    MessageState,
    Objection,
    ObjectionReason,
    PaymentStatus,
    ReminderHold,
    Suppression,
)
from paymail.services.lists import cursor, invoice_pages, nav_counts, owed_counts, view_counts
from paymail.services.lists.invoice_filter import BadFilter, InvoiceFilter, from_text
from paymail.services.lists.invoice_pages import Order, Sorting
from tests.factories import NOW, make_invoice

EMAILS = {
    3: (MessageState.SCHEDULED,),
    4: (MessageState.SENT,),
    5: (MessageState.FAILED, MessageState.SENT),
    6: (MessageState.SENT, MessageState.BOUNCED),
    7: (MessageState.UNKNOWN,),
    8: (MessageState.FAILED,),
    9: (MessageState.SUPPRESSED,),
    10: (MessageState.SUPPRESSED,),
    11: (MessageState.CANCELLED,),
}
"""What became of the invoice emails of each invoice, in order."""

RIVALS = """
    SELECT one.relname FROM pg_index JOIN pg_class AS one ON one.oid = indexrelid
    WHERE indrelid = 'invoices'::regclass AND NOT indisunique AND one.relname <> 'ix_invoices_owed'
"""
"""Every other index of invoices. A table of eleven rows is read by whichever costs least that day."""


@pytest.fixture
def books(engine: Engine) -> Iterator[Session]:
    """Eleven invoices: with every kind of email, and money in every state."""
    with db.transaction(engine) as session:
        for number in range(1, 12):
            make_invoice(session, invoice_id=number, due_in=-10 * number, name=f"Customer {number}")
        for invoice_id, states in EMAILS.items():
            for nth, state in enumerate(states):
                session.add(email(invoice_id, state, nth))
        session.flush()
        session.add(Suppression(address="c9@customer.example", reason="hard", created_at=NOW, created_by="b"))
        arrived = session.query(Message).filter_by(invoice_id=5, state=MessageState.SENT).one()
        session.add(
            Bounce(digest="d", message_id=arrived.message_id, kind="delivered", source="s", received_at=NOW)
        )
        change(session)
    with db.reading(engine) as session:
        yield session


def email(invoice_id: int, state: MessageState, nth: int) -> Message:
    key = f"invoice:{invoice_id}:{nth}"
    return Message(
        dedupe_key=key, kind=MessageKind.INVOICE, invoice_id=invoice_id, state=state, next_at=NOW, actor="a",
        header_id=key, recipient="x", created_at=NOW, settled_at=NOW,
    )  # fmt: skip


def change(session: Session) -> None:
    def at(number: int) -> Invoice:
        return session.get_one(Invoice, number)

    at(1).status = InvoiceStatus.DRAFT
    at(2).amount_written_off = at(2).total
    at(3).amount_paid, at(3).payment_status = 1000, PaymentStatus.PARTIAL
    at(4).amount_paid, at(4).payment_status = 9000, PaymentStatus.PAID
    at(5).purchase_order, at(5).number, at(5).import_id = "PO-77", "INV-0005", 9
    at(6).currency, at(6).total, at(6).subtotal, at(6).tax_amount = "KWD", 108975, 108975, 0
    at(7).status = InvoiceStatus.VOID
    at(8).payment_status = PaymentStatus.PROCESSING
    at(9).issued_date = date(2026, 1, 5)
    for number, reason, days in (
        (9, "claimed", 3),
        (10, "promised", -2),
        (11, "disputed", None),
        (3, "complained", None),
    ):
        until = None if days is None else NOW + timedelta(days=days)
        session.add(
            ReminderHold(
                invoice_id=number,
                reason=HoldReason(reason),
                until=until,
                placed_at=NOW,
                placed_by="c",
                origin=HoldOrigin.CUSTOMER,
            )
        )
    session.add_all([objection(4), objection(10), objection(9, closed=True)])
    session.add(
        Drift(
            key="k",
            kind="amount_differs",
            account="a",
            intent_id="i",
            invoice_ref="4",
            books="b",
            stripe="s",
            found_at=NOW,
            seen_at=NOW,
        )
    )
    session.add(
        Drift(
            key="l",
            kind="amount_differs",
            account="a",
            intent_id="j",
            invoice_ref="9" * 70,
            books="b",
            stripe="s",
            found_at=NOW,
            seen_at=NOW,
        )
    )


def objection(invoice_id: int, *, closed: bool = False) -> Objection:
    reason, closed_at = ObjectionReason.PRICE, NOW if closed else None
    return Objection(invoice_id=invoice_id, reason=reason, opened_at=NOW, closed_at=closed_at)


def ids(session: Session, query: str) -> list[int]:
    wanted = from_text(query)
    assert from_text(wanted.query) == wanted
    return sorted(one.invoice_id for one in cursor.every(session, wanted=wanted, now=NOW, at_once=4))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", list(range(1, 12))),
        ("delivery=not-emailed", [1, 2]),
        ("delivery=scheduled", [3]),
        ("delivery=sent", [4]),
        ("delivery=delivered", [5]),
        ("delivery=bounced", [6]),
        ("delivery=in-doubt", [7]),
        ("delivery=failed", [8]),
        ("delivery=blocked", [9]),
        ("delivery=not-needed", [10]),
        ("delivery=cancelled", [11]),
        ("delivery=bounced,failed&delivery=cancelled", [6, 8, 11]),
        ("payment=owed", [3, 5, 6, 8, 9, 10, 11]),
        ("payment=unpaid", [5, 6, 9, 10, 11]),
        ("payment=part-paid", [3]),
        ("payment=clearing", [8]),
        ("payment=paid,overpaid", [4]),
        ("payment=written-off", [2]),
        ("payment=nothing-due", [2]),
        ("payment=draft,void", [1, 7]),
        ("payment=says-paid", [9]),
        ("payment=promise-broken", [10]),
        ("payment=objected", [4, 10]),
        ("payment=complained", [3]),
        ("payment=promised", []),
        ("payment=disputed", [11]),
        ("overdue=1-30", [3]),
        ("overdue=31-60", [5, 6]),
        ("overdue=61-90,90%2B", [8, 9, 10, 11]),
        ("overdue=61-90,90+", [8, 9, 10, 11]),
        ("overdue=not-due", []),
        ("overdue=any&payment=unpaid", [5, 6, 9, 10, 11]),
        ("issued_to=2026-03-11", [9]),
        ("due_from=2026-02-15&due_to=2026-02-25", [2, 3]),
        ("currency=kwd", [6]),
        ("amount_from=100&amount_to=109", [6]),
        ("amount_from=82.505", [6]),
        ("batch=9", [5]),
        ("company=1,7", list(range(1, 12))),
        ("company=7", []),
        ("invoice=2,4,99", [2, 4]),
        ("stripe=differs", [4]),
        ("q=5", [5]),
        ("q=%230005", [5]),
        ("q=inv-0005", [5]),
        ("q=INVinv-0005", [5]),
        ("q=invINV-0005--ABCDE", [5]),
        ("q=INV4", [4]),
        ("q=INV2026-4", []),
        ("q=po-77", [5]),
        ("q=108.975", [6]),
        ("q=$72.50", [3]),
        ("q=Customer+1", [1, 10, 11]),
        ("q=c11@", [11]),
        ("q=100%25", []),
        ("customer=customer+11", [11]),
        ("status=void", [7]),
    ],
)
def test_each_part_leaves_what_it_names(books: Session, query: str, expected: list[int]) -> None:
    assert ids(books, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "nonsense=1", "delivery=lost", "payment=rich", "overdue=30", "batch=x", "company=1,x", "company=0",
        "currency=AU", "issued_from=yesterday", "issued_from=2026-02-30", "amount_from=ten", "stripe=agrees",
        "due_from=2026-03-02&due_to=2026-03-01", "amount_from=2&amount_to=1", "q=%00", "status=paid",
        "invoice=" + ",".join(map(str, range(1, 502))), "batch=" + "9" * 40, "company=%C2%B2",
    ],
)  # fmt: skip
def test_what_nobody_knows_is_refused_and_never_passed_over(query: str) -> None:
    with pytest.raises(BadFilter):
        from_text(query)


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("down", [True, False])
def test_pages_in_every_order_have_each_invoice_once_forwards_and_back(
    books: Session, order: Order, down: bool
) -> None:
    def page(**where: int) -> invoice_pages.Page:
        sorting = Sorting(order, down)
        return invoice_pages.page(books, wanted=InvoiceFilter(), now=NOW, sorting=sorting, size=4, **where)

    pages = [page()]
    while pages[-1].older:
        pages.append(page(after=pages[-1].older))
    seen = [[one.invoice_id for one in found.rows] for found in pages]
    assert sorted(itertools.chain(*seen)) == list(range(1, 12))
    assert (pages[0].newer, pages[-1].older, len(pages)) == (None, None, 3)
    back = page(before=pages[2].newer)
    assert [one.invoice_id for one in back.rows] == seen[1]
    assert [one.invoice_id for one in page(before=back.newer).rows] == seen[0]


def test_the_sums_are_of_all_that_match_and_never_across_currencies(books: Session) -> None:
    found = invoice_pages.sums(books, wanted=InvoiceFilter(), now=NOW)
    assert [(one.currency, one.count, one.balance, one.total) for one in found] == [
        ("AUD", 10, 7250 + 8250 * 5, 8250 * 10),
        ("KWD", 1, 108975, 108975),
    ]


def test_the_count_of_a_view_is_what_its_filter_finds(books: Session) -> None:
    for view in view_counts.counted(books, now=NOW):
        if view.count is not None:
            assert view.count == len(ids(books, view.wanted.query)), view.name


def test_of_very_much_that_is_owed_only_the_newest_is_looked_at_for_an_email_and_the_count_says_so(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def words() -> str:
        return next(one.words for one in view_counts.counted(session, now=NOW) if one.name == "Not emailed")

    with db.transaction(engine) as session:
        for number in (1, 2, 3):
            make_invoice(session, invoice_id=number, due_in=number)
        session.add(email(2, MessageState.SENT, 0))
        session.execute(update(Issuer).values(host_mails_invoices=False))
        assert words() == "2"
        monkeypatch.setattr(owed_counts, "PROBED", 2)
        assert words() == "1+"
        found = nav_counts.waiting(session, now=NOW)
        assert (found.not_emailed, found.more) == (1, True)
        session.add(email(3, MessageState.SENT, 0))
        session.flush()
        assert words() == ""
        monkeypatch.setattr(owed_counts, "PROBED", 3)
        assert words() == "1"


def test_what_is_owed_is_found_by_an_index(books: Session) -> None:
    postgres = books.get_bind().dialect.name == "postgresql"
    heard: list[tuple[str, object]] = []
    connection = books.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: heard.append((given[2], given[3])))
    if postgres:
        for name in books.scalars(text(RIVALS)).all():
            books.execute(text(f'DROP INDEX "{name}"'))
        books.execute(text("SET LOCAL enable_seqscan = off"))
        books.execute(text("SET LOCAL enable_nestloop = off"))
    heard.clear()
    invoice_pages.sums(books, wanted=from_text("overdue=61-90"), now=NOW)
    statement, parameters = heard[-1]
    explain = "EXPLAIN" if postgres else "EXPLAIN QUERY PLAN"
    plan = str(connection.exec_driver_sql(f"{explain} {statement}", parameters).all())  # type: ignore[arg-type]
    books.rollback()
    assert ("ix_invoices_owed" if postgres else "SEARCH invoices USING INDEX") in plan
