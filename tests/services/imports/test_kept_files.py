"""Files that staff gave: checked and imported as they are, by one run at a time, and then forgotten."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select, update

from paymail import db
from paymail.models import Customer, Import, ImportFile, ImportFilePart, ImportFileState, Invoice
from paymail.services.core.contexts import Context
from paymail.services.core.issuers import ensure_issuer
from paymail.services.customers import erasure
from paymail.services.imports import take_back
from paymail.services.imports.files import findings, kept, work
from paymail.services.imports.files.findings import Findings
from paymail.services.imports.files.kept import NoSuchFile, StillRunning, TooManyFiles, UnusableFile
from paymail.services.imports.files.reading import BadReading, Meaning, Reading, mapped
from paymail.services.imports.files.work import OtherThanChecked, Superseded, Work
from paymail.services.imports.import_record import TakenBackMeanwhile
from tests.factories import NOW
from tests.services.imports.host_files import Row, context_of, rows, text_of


class Desk:
    """Staff with files to import."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.context = engine, context_of(engine)
        with db.transaction(engine) as session:
            issuer = ensure_issuer(session, name="Host Pty Ltd", email="h@host.example", now=NOW)
            self.issuer_id = issuer.issuer_id

    def give(self, *changes: Row, now: datetime = NOW) -> Work:
        """Keep a file; return the run that is to check it."""
        with db.transaction(self.engine) as session:
            made = kept.keep(
                session,
                file=io.BytesIO(text_of(rows(*changes)).encode()),
                name="a.csv",
                issuer_id=self.issuer_id,
                actor="staff",
                now=now,
                largest=3 * kept.PART,
            )
        return Work(self.context, self.context, made.file_id, made.job)

    def checked(self, *changes: Row) -> Work:
        """Keep a file, check it and confirm it; return the run that is to import it."""
        run = self.give(*changes)
        work.check(run)
        with db.transaction(self.engine) as session:
            shown = self.file(run.file_id).digest
            job = work.begin_import(session, file_id=run.file_id, shown=shown, actor="staff", now=NOW)
        return replace(run, job=job or "")

    def file(self, file_id: int) -> ImportFile:
        with db.reading(self.engine) as session:
            return session.get_one(ImportFile, file_id)

    def count(self, table: type) -> int:
        with db.reading(self.engine) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def change(self, file_id: int, **values: object) -> None:
        with db.transaction(self.engine) as session:
            session.execute(update(ImportFile).where(ImportFile.file_id == file_id).values(**values))


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def numbered(start: int, count: int) -> list[Row]:
    return [{"invoice_id": str(number)} for number in range(start, start + count)]


def test_a_file_of_several_pieces_is_lent_as_it_was_given_and_a_damaged_one_is_not(desk: Desk) -> None:
    long = "x" * 4000
    run = desk.give(*({"invoice_id": str(n), "description": long} for n in range(1, 600)))
    assert desk.count(ImportFilePart) == 3
    with kept.lent(desk.context, file_id=run.file_id) as file:
        content = file.seek(0) or file.read()
    assert len(content) == desk.file(run.file_id).size
    with pytest.raises(UnusableFile, match="larger than 3 MB"):
        desk.give(*({"invoice_id": str(n), "description": long} for n in range(1, 900)))
    with db.transaction(desk.engine) as session:
        session.execute(update(ImportFilePart).where(ImportFilePart.position == 1).values(content=b"1,2,3\n"))
    with pytest.raises(UnusableFile, match="no longer complete"):
        work.check(run)


def test_two_runs_of_one_file_import_it_once_and_the_older_stops(desk: Desk) -> None:
    older = desk.checked(*numbered(1, 250))
    heard: list[int] = []

    def transaction_of(make: Callable[[], object]) -> Callable[[], object]:
        def counted() -> object:
            heard.append(1)
            if len(heard) == 5:  # its first chunk is written, of which it tells now
                desk.change(older.file_id, job="another")
            return make()

        return counted

    context = Context(transaction_of(desk.context.transaction), desk.context.now)  # type: ignore[arg-type]
    with pytest.raises(Superseded):
        work.import_confirmed(replace(older, context=context))
    partly = desk.count(Invoice)
    assert partly == 100
    work.fail(older)  # which says nothing of a file that somebody else has
    assert desk.file(older.file_id).state is ImportFileState.IMPORTING
    desk.change(older.file_id, worked_at=NOW - kept.STALE)
    with db.transaction(desk.engine) as session:
        job = work.begin_check(session, file_id=older.file_id, reading=Reading(), now=NOW)
    work.check(replace(older, job=job))
    assert Findings.of(desk.file(older.file_id).findings).created == 250 - partly


def test_two_staff_import_two_files_at_once(desk: Desk) -> None:
    runs = [desk.checked(*numbered(start, 150)) for start in (1, 1001)]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work.import_confirmed, runs))
    assert (desk.count(Invoice), desk.count(Import), desk.count(ImportFilePart)) == (300, 2, 0)
    with db.reading(desk.engine) as session:
        states = session.execute(select(ImportFile.state, ImportFile.import_id)).all()
    assert {(state, import_id is not None) for state, import_id in states} == {
        (ImportFileState.IMPORTED, True)
    }


def test_only_what_the_last_check_found_can_be_confirmed(desk: Desk) -> None:
    run = desk.give(*numbered(1, 1))
    work.check(run)
    with db.transaction(desk.engine) as session, pytest.raises(OtherThanChecked):
        work.begin_import(session, file_id=run.file_id, shown="", actor="staff", now=NOW)
    with db.transaction(desk.engine) as session:
        shown = desk.file(run.file_id).digest
        assert work.begin_import(session, file_id=run.file_id, shown=shown, actor="a", now=NOW)
    with db.transaction(desk.engine) as session:
        assert work.begin_import(session, file_id=run.file_id, shown=shown, actor="b", now=NOW) is None
        with pytest.raises(StillRunning):
            work.begin_check(session, file_id=run.file_id, reading=Reading(), now=NOW)
        with pytest.raises(StillRunning):
            kept.discard(session, file_id=run.file_id, now=NOW)


def test_an_import_that_is_taken_back_while_it_runs_stops(desk: Desk) -> None:
    run = desk.checked(*numbered(1, 250))

    def taken() -> datetime:
        if desk.count(Import) == 1:
            take_back(desk.context, import_id=1, actor="staff")
        return NOW

    with pytest.raises(TakenBackMeanwhile):
        work.import_confirmed(replace(run, context=Context(desk.context.transaction, taken)))
    work.fail(run)
    assert desk.file(run.file_id).state is ImportFileState.STOPPED
    assert desk.count(Invoice) == 0


def test_files_that_may_name_an_erased_person_are_erased_with_it(desk: Desk) -> None:
    work.import_confirmed(desk.checked(*numbered(1, 1)))
    waiting = desk.give(*numbered(2, 1))
    work.check(waiting)
    with db.transaction(desk.engine) as session:
        customer_id = session.scalars(select(Customer.customer_id)).one()
        session.execute(update(Invoice).values(status="void"))
        erasure.erase_customer(session, customer_id=customer_id, actor="staff", now=NOW)
    assert [desk.count(table) for table in (ImportFile, ImportFilePart)] == [1, 0]
    work.fail(waiting)  # which finds nothing to say it of
    with pytest.raises(NoSuchFile):
        work.check(waiting)


def test_only_so_many_files_wait(desk: Desk) -> None:
    for number in range(kept.MOST_WAITING):
        desk.give(*numbered(number + 1, 1))
    with pytest.raises(TooManyFiles):
        desk.give(*numbered(99, 1))


def test_a_column_chosen_by_hand_goes_before_what_a_profile_says_of_it() -> None:
    chosen = [Meaning("Ref", "purchase_order", ""), Meaning("Note", "keep", "notes")]
    assert mapped({"base": "xero"}, chosen) == {
        "base": "xero",
        "columns": {"purchase_order": ["Ref"]},
        "constants": {},
        "metadata": ["Note"],
    }
    before = {"columns": {"invoice_id": "No", "notes": ["Ref", "Text"]}}
    found = mapped(before, [Meaning("Ref", "", "notes"), Meaning("No", "invoice_id", "invoice_id")])
    assert found["columns"] == {"invoice_id": ["No"], "notes": ["Text"]}
    with pytest.raises(BadReading, match="cannot be left out"):
        mapped({"base": "xero"}, [Meaning("Total", "", "total")])


def test_what_is_not_a_choice_is_not_kept() -> None:
    for wrong in (
        Reading(encoding="utf-7"),
        Reading(separator="x"),
        Reading(dates="%s"),
        Reading(decimal_mark="-"),
    ):
        with pytest.raises(BadReading):
            wrong.text()


def test_two_columns_cannot_be_chosen_for_the_same_but_where_a_profile_says_so() -> None:
    before = {"columns": {"notes": ["Text", "Remark"]}}
    said = [Meaning("Text", "notes", "notes"), Meaning("Remark", "notes", "notes")]
    assert mapped(before, [*said, Meaning("No", "invoice_id", "")])["columns"]["notes"] == ["Text", "Remark"]
    for known in (before, {}):
        with pytest.raises(BadReading, match="“Text” and “Remark” and “Memo” cannot mean the same"):
            mapped(known, [*said, Meaning("Memo", "notes", "")])


def test_a_header_that_is_not_known_whole_cannot_be_given_a_meaning(desk: Desk) -> None:
    known, unknown = "x" * 100, "y" * 101
    run = desk.give({"invoice_id": "7", known: "a", unknown: "b"})
    work.check(run)
    columns = Findings.of(desk.file(run.file_id).findings).columns[-2:]
    assert [one.whole for one in columns] == [True, False]
    assert mapped({}, [Meaning(columns[0].name, "notes", "")])["columns"] == {"notes": [known]}
    with pytest.raises(BadReading, match="too long"):
        mapped({}, [Meaning(columns[1].name, "notes", "", columns[1].whole)])


def test_all_reasons_are_counted_of_which_the_first_are_listed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(findings, "MOST_LISTED", 3)
    run = desk.give(*({"invoice_id": str(number), "total": "9"} for number in range(1, 6)))
    work.check(run)
    found = Findings.of(desk.file(run.file_id).findings)
    assert (len(found.left_out), found.reasons) == (3, 5)
