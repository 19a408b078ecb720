"""An import has a number, and tells for ever what it made, changed and left out."""

import json

import pytest
from sqlalchemy import Engine, event, select

from paymail import db
from paymail.models import Customer, Import, ImportChange, ImportFault, Invoice
from paymail.services.imports.import_record import MOST_FAULTS_KEPT, source_name
from paymail.services.imports.store import CHUNK
from paymail.services.lists.imports import FieldChange
from tests.services.imports.host_files import rows, text_of
from tests.services.imports.import_story import ImportStory, made


@pytest.fixture
def story(engine: Engine) -> ImportStory:
    return ImportStory(engine)


def test_an_import_has_a_number_and_what_it_made_names_it(story: ImportStory) -> None:
    report = story.bring(*made(7, 8), name="/home/me/march.csv")
    found = story.view(report.import_id).found
    assert (found.source, found.actor, found.created, found.finished_at) == (
        "march.csv",
        "test",
        2,
        story.clock,
    )
    with db.reading(story.engine) as session:
        of = select(Invoice.invoice_id).where(Invoice.import_id == report.import_id)
        assert list(session.scalars(of)) == [7, 8]
        assert set(session.scalars(select(Customer.import_id))) == {None, report.import_id}


def test_an_import_that_changes_and_refuses_nothing_leaves_no_record(story: ImportStory) -> None:
    first = story.bring({})
    again = story.bring({})
    assert (first.import_id is not None, again.unchanged, again.import_id) == (True, 1, None)
    with db.reading(story.engine) as session:
        assert len(session.scalars(select(Import)).all()) == 1


def test_what_was_unchanged_before_the_first_change_is_counted_too(story: ImportStory) -> None:
    story.bring(*made(*range(1, CHUNK + 1)))
    report = story.bring(*made(*range(1, CHUNK + 2)))
    found = story.view(report.import_id).found
    assert (found.created, found.unchanged) == (1, CHUNK)


def test_what_changed_is_shown_field_by_field(story: ImportStory) -> None:
    story.bring({"notes": "old"})
    report = story.bring({"notes": "new", "due_date": "2026-04-30", "customer_email": "b@acme.example"})
    customer, invoice = story.view(report.import_id).changes
    assert customer.fields == (FieldChange("email", "a@acme.example", "b@acme.example"),)
    assert invoice.number == "7"
    assert invoice.fields == (
        FieldChange("due_date", "2026-03-31", "2026-04-30"),
        FieldChange("notes", "old", "new"),
    )


def test_what_stays_out_is_kept_with_its_reasons_and_no_token(story: ImportStory) -> None:
    report = story.bring({"total": "1"}, *made(8, due_date="a" * 64))
    first, *_, last = story.view(report.import_id).faults
    assert (first.number, first.line, first.field) == ("7", 2, "total")
    assert (last.number, "a" * 40 in last.reason) == ("8", False)
    assert story.view(report.import_id).found.refused == 2


def test_no_more_reasons_are_kept_than_people_read(story: ImportStory) -> None:
    count = MOST_FAULTS_KEPT + CHUNK
    report = story.bring(*made(*range(1, count), total="1"))
    with db.reading(story.engine) as session:
        assert len(session.scalars(select(ImportFault)).all()) == MOST_FAULTS_KEPT
    assert story.view(report.import_id).found.refused == count - 1


def test_a_crash_leaves_a_record_that_says_it_was_interrupted(story: ImportStory) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    file = text_of(rows(*made(*range(1, CHUNK + 21))))
    with pytest.raises(Stopped):
        story.bring_text(file, after=stop)
    found = story.view(1).found
    assert (found.created, found.finished_at) == (CHUNK, None)
    assert story.bring_text(file).import_id == 2
    assert story.view(2).found.created == 20


def test_the_record_costs_few_statements_however_many_invoices_a_chunk_holds(story: ImportStory) -> None:
    story.bring(*made(*range(1, CHUNK + 1)))
    statements: list[str] = []

    @event.listens_for(story.engine, "after_cursor_execute")
    def _noted(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    report = story.bring(*made(*range(1, CHUNK + 1), notes="new"))
    assert report.updated == CHUNK
    of_record = [one for one in statements if one.startswith(("INSERT INTO import", "UPDATE imports"))]
    assert len(of_record) == 4  # the row, its changes, its counts, its end


def test_what_is_kept_holds_no_pay_link(story: ImportStory) -> None:
    story.bring({"status": "draft"})
    story.bring({"status": "draft", "purchase_order": "PO 1"})
    with db.reading(story.engine) as session:
        kept = json.loads(session.scalars(select(ImportChange.fields)).one())
        token = session.get_one(Invoice, 7).payment_token
    assert token is not None
    assert token not in str(kept)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/srv/exports/march.csv", "march.csv"),
        ("C:\\exports\\march.csv", "march.csv"),
        ("bad\x1b[31m\nname.csv", "bad[31mname.csv"),
        ("a" * 300, "[hidden]"),
        ("x" * 300, "x" * 120),
        ("api", "api"),
    ],
)
def test_a_source_is_named_by_its_file_alone(given: str, kept: str) -> None:
    assert source_name(given) == kept
