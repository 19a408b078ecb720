"""What a credit note says of its invoice: its total and tax before it, the change, and after it, for good."""

import pytest
from sqlalchemy import Engine, select, update

from paymail.documents import CreditNoteDocument
from paymail.models import Channel, Message, MessageKind, Refund, RefundStatus
from paymail.services.core.invoices import load_invoice
from paymail.services.letters.credit_notes import credit_note_of
from paymail.services.refunds import refund_requests, reversals
from paymail.services.refunds.refund_requests import RefundOrder
from tests.services.paying_customer import PayingCustomer


def refund(payer: PayingCustomer, amount: int, *, owed_again: bool = False) -> None:
    order = RefundOrder(amount, Channel.CASH, "one hour less", owed_again=owed_again)
    with payer.transaction() as session:
        refund_requests.request(session, payment_id=1, order=order, actor="amy", now=payer.now)


def notes(payer: PayingCustomer) -> list[CreditNoteDocument]:
    with payer.transaction() as session:
        return [
            credit_note_of(session, refund_id=row.refund_id) for row in payer.refunds() if row.credit_note
        ]


def figures(note: CreditNoteDocument) -> tuple[tuple[int, int], ...]:
    """Return the total and the tax in it before the note, of the note, and after it."""
    assert note.before is not None
    assert note.after is not None
    assert note.tax_before is not None
    return (
        (note.before.minor, note.tax_before.minor),
        (note.total.minor, note.tax.minor),
        (note.after.minor, note.tax_before.minor - note.tax.minor),
    )


def test_each_note_goes_on_where_the_one_before_left_the_invoice(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 2000)
    refund(payer, 1000, owed_again=True)
    refund(payer, 5250)
    first, second = notes(payer)
    assert figures(first) == ((8250, 750), (2000, 182), (6250, 568))
    assert figures(second) == ((6250, 568), (5250, 477), (1000, 91))


def test_the_tax_of_the_notes_adds_up_to_that_of_the_invoice(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    for amount in (33, 33, 33, 8151):
        refund(payer, amount)
    found = notes(payer)
    assert sum(note.tax.minor for note in found) == 750
    assert figures(found[-1])[-1] == (0, 0)


def test_a_note_from_before_it_was_known_stays_as_it_was(engine: Engine) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    refund(payer, 2000)
    with payer.transaction() as session:
        session.execute(update(Refund).values(credited_before=None))
    (note,) = notes(payer)
    assert (note.before, note.after, note.tax_before, note.tax.minor) == (None, None, None, 182)


@pytest.mark.parametrize("emailed", [False, True])
def test_a_note_that_ends_changes_what_later_ones_say_until_they_are_emailed(
    engine: Engine, emailed: bool
) -> None:
    payer = PayingCustomer(engine)
    payer.pay()
    for amount in (2000, 1000):
        refund(payer, amount)
    if emailed:
        with payer.transaction() as session:
            session.execute(update(Message).where(Message.refund_id == 2).values(handed_over_at=payer.now))
    for target, before in ((RefundStatus.FAILED, 8250), (RefundStatus.SUCCEEDED, 6250)):
        with payer.transaction() as session:
            invoice = load_invoice(session, invoice_id=502, lock=True)
            first = session.get_one(Refund, 1)
            reversals.move(session, invoice=invoice, refund=first, target=target, now=payer.now)
        assert figures(notes(payer)[1])[0][0] == (6250 if emailed else before)
    with payer.transaction() as session:
        details = session.scalars(select(Message.detail).where(Message.kind == MessageKind.NOTICE)).all()
    told = [one for one in details if "gives an old total" in one]
    assert len(told) == emailed
    assert not told or "CN-000001 over AUD 20.00 is no longer valid. What CN-000002 says" in told[0]
