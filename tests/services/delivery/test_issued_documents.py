"""An invoice's PDF is drawn once after issue and kept; whatever else it is to show makes another version."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import Session

from paymail import db
from paymail.documents import InvoiceDocument
from paymail.models import Blob, Customer, Invoice, InvoiceStatus, IssuedDocument, PaymentStatus
from paymail.ports.rendering import Frozen, IncompletePdf, Letter, Written
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import erasure, retention
from paymail.services.delivery import deliveries
from paymail.services.letters.invoice_facts import full_document
from paymail.services.letters.issued_documents import enter, facts_of, frozen, keep_shown
from paymail.services.letters.letters import letter_for
from paymail.services.outbox import blobs
from tests.factories import NOW, PlainWriter
from tests.services.emailed_invoice import EmailedInvoice

Change = Callable[[EmailedInvoice], object]


class Drawer(PlainWriter):
    """A writer whose every drawing is another one, as if a font had changed in between."""

    def __init__(self) -> None:
        self.drawn: Iterator[int] = itertools.count(1)
        self.attached: list[bytes] = []

    def write(self, letter: Letter) -> Written:
        """Attach the kept PDF, else draw one."""
        pdf = letter.version.pdf if letter.version else None
        pdf = pdf or b"%%PDF- drawing %d" % next(self.drawn)
        self.attached.append(pdf)
        return replace(super().write(letter), pdf=pdf)


@pytest.fixture
def drawer(emailed: EmailedInvoice) -> Drawer:
    found = Drawer()
    emailed.context = replace(emailed.context, writer=found)
    return found


def sent_twice(emailed: EmailedInvoice, drawer: Drawer, between: Change) -> list[bytes]:
    """Return what was attached to an invoice email, and to one after something changed."""
    emailed.send()
    deliveries.sweep(emailed.context)
    between(emailed)
    emailed.send(again=True)
    deliveries.sweep(emailed.context)
    return drawer.attached


def versions(engine: Engine) -> list[tuple[bytes, int]]:
    with db.reading(engine) as session:
        found = select(Blob.content, IssuedDocument.paid).join(
            IssuedDocument, IssuedDocument.pdf_sha256 == Blob.sha256
        )
        return [
            (content, paid) for content, paid in session.execute(found.order_by(IssuedDocument.issued_id))
        ]


def moved(emailed: EmailedInvoice) -> None:
    elsewhere = update(Customer).values(address="1 High Street")
    emailed.change(lambda session: session.execute(elsewhere))


@pytest.mark.parametrize(
    "between",
    [
        lambda _: None,
        lambda e: e.set(reminders_off=True),
    ],
    ids=["nothing", "not on paper"],
)
def test_the_second_email_has_the_bytes_of_the_first(
    emailed: EmailedInvoice, drawer: Drawer, between: Change
) -> None:
    first, second = sent_twice(emailed, drawer, between)
    assert first == second
    assert versions(emailed.engine) == [(first, 0)]
    one, other = emailed.messages("invoice")
    assert one.pdf_sha256 == other.pdf_sha256


@pytest.mark.parametrize(
    "between",
    [
        lambda e: e.set(due_date=date(2026, 5, 1)),
        lambda e: e.set(terms="Net 60"),
        lambda e: e.set(notes="Thank you"),
        lambda e: e.set(purchase_order="PO-1"),
        lambda e: e.set(amount_credited=1000),
        lambda e: e.set(amount_written_off=1000),
        lambda e: e.set(payment_token="a" * 64),
        moved,
    ],
    ids=["due", "terms", "notes", "order", "credited", "written off", "link", "address"],
)
def test_another_fact_makes_another_version_and_the_first_stays(
    emailed: EmailedInvoice, drawer: Drawer, between: Change
) -> None:
    first, second = sent_twice(emailed, drawer, between)
    assert first != second
    assert versions(emailed.engine) == [(first, 0), (second, 0)]


def test_a_fact_that_is_as_before_brings_the_first_version_back(
    emailed: EmailedInvoice, drawer: Drawer
) -> None:
    due = emailed.invoice().due_date
    sent_twice(emailed, drawer, lambda e: e.set(due_date=date(2026, 5, 1)))
    emailed.set(due_date=due)
    emailed.send(again=True)
    deliveries.sweep(emailed.context)
    first, _, third = drawer.attached
    assert first == third


def test_after_a_part_payment_nothing_asks_for_the_whole_total(
    emailed: EmailedInvoice, drawer: Drawer
) -> None:
    sent_twice(emailed, drawer, lambda e: e.set(amount_paid=1000, payment_status=PaymentStatus.PARTIAL))
    assert versions(emailed.engine) == [(drawer.attached[0], 0), (drawer.attached[1], 1000)]
    assert emailed.messages("invoice")[1].pdf_sha256 == hashlib.sha256(drawer.attached[1]).hexdigest()


def test_money_that_went_back_makes_a_new_version_so_that_none_shows_too_much(
    emailed: EmailedInvoice, drawer: Drawer
) -> None:
    emailed.set(amount_paid=1000, payment_status=PaymentStatus.PARTIAL)
    sent_twice(emailed, drawer, lambda e: e.set(amount_paid=0, payment_status=PaymentStatus.UNPAID))
    assert versions(emailed.engine) == [(drawer.attached[0], 1000), (drawer.attached[1], 0)]


def test_what_is_paid_or_void_is_never_shown_by_what_was_issued_before(emailed: EmailedInvoice) -> None:
    def facts() -> str:
        with db.reading(emailed.engine) as session:
            invoice = load_invoice(session, invoice_id=502)
            return facts_of(full_document(session, invoice=invoice, public_url="https://pay.example"))

    owed = facts()
    emailed.set(amount_paid=8250)
    paid = facts()
    emailed.set(amount_paid=0, status=InvoiceStatus.VOID)
    assert len({owed, paid, facts()}) == 3


def test_who_paid_when_is_a_fact(emailed: EmailedInvoice) -> None:
    emailed.set(amount_paid=8250)
    with db.reading(emailed.engine) as session:
        document = _document(session, load_invoice(session, invoice_id=502))
    dated = replace(document, paid_on=date(2026, 3, 3))
    assert len({facts_of(document), facts_of(dated), facts_of(replace(dated, paid_by="Cash"))}) == 3


def test_a_draft_is_not_issued(emailed: EmailedInvoice) -> None:
    emailed.set(status=InvoiceStatus.DRAFT)
    with db.reading(emailed.engine) as session:
        invoice = load_invoice(session, invoice_id=502)
        assert frozen(session, invoice=invoice, document=_document(session, invoice)) is None


def _document(session: Session, invoice: Invoice) -> InvoiceDocument:
    return full_document(session, invoice=invoice, public_url="https://pay.example")


def test_two_that_draw_at_once_keep_one(emailed: EmailedInvoice) -> None:
    with db.reading(emailed.engine) as session:
        invoice = load_invoice(session, invoice_id=502)
        version = frozen(session, invoice=invoice, document=_document(session, invoice))
    assert version is not None
    for pdf in (b"one", b"other"):
        emailed.change(lambda session, pdf=pdf: blobs.keep_all(session, contents=[pdf], now=NOW))
        emailed.change(lambda session, pdf=pdf: enter(session, drawn=[(version, pdf)], now=NOW))
    assert versions(emailed.engine) == [(b"one", 0)]
    with db.reading(emailed.engine) as session:
        invoice = load_invoice(session, invoice_id=502)
        again = frozen(session, invoice=invoice, document=_document(session, invoice))
    assert again is not None
    assert again.pdf == b"one"


def test_a_preview_shows_the_kept_bytes(emailed: EmailedInvoice, drawer: Drawer) -> None:
    emailed.send()
    deliveries.sweep(emailed.context)
    message_id = emailed.send(again=True)
    with db.reading(emailed.engine) as session:
        message = next(one for one in emailed.messages() if one.message_id == message_id)
        letter = letter_for(session, message=message, public_url="https://pay.example", date=NOW)
    assert letter.version is not None
    assert letter.version.pdf == drawer.attached[0]


def version_of(emailed: EmailedInvoice) -> Frozen:
    with db.reading(emailed.engine) as session:
        invoice = load_invoice(session, invoice_id=502)
        version = frozen(session, invoice=invoice, document=_document(session, invoice))
    assert version is not None
    return version


def blobs_of(emailed: EmailedInvoice) -> list[bytes]:
    with db.reading(emailed.engine) as session:
        return sorted(session.scalars(select(Blob.content)))


def test_what_the_page_drew_second_is_not_kept_beside_the_first(emailed: EmailedInvoice) -> None:
    version = version_of(emailed)
    emailed.change(lambda session: keep_shown(session, version=version, pdf=b"one", now=NOW))
    emailed.change(lambda session: keep_shown(session, version=version, pdf=b"other", now=NOW))
    assert blobs_of(emailed) == [b"one"]


def test_what_is_drawn_after_an_erasure_is_the_version_again(emailed: EmailedInvoice) -> None:
    version = version_of(emailed)
    emailed.change(lambda session: keep_shown(session, version=version, pdf=b"one", now=NOW))
    emailed.change(lambda session: session.execute(update(Blob).values(content=b"", erased_at=NOW)))
    emailed.change(lambda session: keep_shown(session, version=version, pdf=b"other", now=NOW))
    assert version_of(emailed).pdf == b"other"
    assert versions(emailed.engine) == [(b"other", 0)]


def test_what_the_page_was_drawing_during_an_erasure_is_not_kept(emailed: EmailedInvoice) -> None:
    version = version_of(emailed)
    emailed.set(amount_paid=8250, payment_status=PaymentStatus.PAID)
    customer = emailed.invoice().customer_id
    emailed.change(lambda s: erasure.erase_customer(s, customer_id=customer, actor="test", now=NOW))
    emailed.change(lambda session: keep_shown(session, version=version, pdf=b"a name", now=NOW))
    assert blobs_of(emailed) == []


def test_a_version_that_goes_out_again_is_kept_as_long_as_its_email(
    emailed: EmailedInvoice, drawer: Drawer
) -> None:
    emailed.send()
    deliveries.sweep(emailed.context)
    emailed.clock += timedelta(days=300)
    emailed.send(again=True)
    deliveries.sweep(emailed.context)
    with db.reading(emailed.engine) as session:
        digest = emailed.messages("invoice")[1].pdf_sha256
        assert session.scalar(select(Blob.created_at).where(Blob.sha256 == digest)) == emailed.clock


def test_what_lacks_characters_for_want_of_a_font_is_no_version(emailed: EmailedInvoice) -> None:
    version, lacking = version_of(emailed), IncompletePdf(b"%PDF- Ltd")
    emailed.change(lambda session: keep_shown(session, version=version, pdf=lacking, now=NOW))
    assert blobs_of(emailed) == []
    emailed.change(lambda session: blobs.keep_all(session, contents=[lacking], now=NOW))
    emailed.change(lambda session: enter(session, drawn=[(version, lacking)], now=NOW))
    assert versions(emailed.engine) == []
    assert blobs_of(emailed) == [b"%PDF- Ltd"]


def test_retention_and_erasure_empty_what_was_issued(emailed: EmailedInvoice, drawer: Drawer) -> None:
    emailed.send()
    deliveries.sweep(emailed.context)
    later = emailed.clock + timedelta(days=400)
    assert retention.run(emailed.context_at(later), days=365).erased == 2
    assert versions(emailed.engine) == [(b"", 0)]
    emailed.clock = later
    emailed.send(again=True)
    deliveries.sweep(emailed.context)
    assert len(set(drawer.attached)) == 2


def test_an_erased_customer_leaves_no_bytes_of_what_was_issued(emailed: EmailedInvoice) -> None:
    with db.reading(emailed.engine) as session:
        invoice = load_invoice(session, invoice_id=502)
        version = frozen(session, invoice=invoice, document=_document(session, invoice))
        customer = invoice.customer_id
    assert version is not None
    emailed.change(lambda session: keep_shown(session, version=version, pdf=b"seen on the page", now=NOW))
    emailed.set(amount_paid=8250, payment_status=PaymentStatus.PAID)
    emailed.change(
        lambda session: erasure.erase_customer(session, customer_id=customer, actor="test", now=NOW)
    )
    assert versions(emailed.engine) == [(b"", 0)]


def test_freezing_costs_the_first_email_a_row_and_a_later_one_its_bytes(
    emailed: EmailedInvoice, drawer: Drawer
) -> None:
    counts: list[int] = []
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement.split()[0])

    event.listen(emailed.engine, "before_cursor_execute", note)
    for again in (False, True):
        emailed.send(again=again)
        statements.clear()
        deliveries.deliver(emailed.context)
        counts.append(len([word for word in statements if word != "BEGIN"]))
    event.remove(emailed.engine, "before_cursor_execute", note)
    # The row of the version; a later email reads its bytes, and keeps them for longer.
    assert counts == [21 + 1, 21 + 2]
