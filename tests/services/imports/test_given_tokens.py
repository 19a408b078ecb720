"""A host's own pay links go on working, once each, and no fault or report ever shows one."""

import csv
import io

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Invoice, TimelineEvent
from paymail.services.imports import Report
from paymail.services.imports.header import COLUMNS
from paymail.services.links import pay_links
from paymail.services.links.lookup import find_by_token
from tests.factories import NOW
from tests.services.imports.host_files import BASE, Row, bring, look, rows, text_of

TOKEN, OTHER = "ab" * 32, "0f" * 32


def table(*changes: Row) -> str:
    """Return a file with the column of tokens."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*COLUMNS, "payment_token"])
    writer.writeheader()
    writer.writerows(BASE | {"payment_token": ""} | change for change in changes)
    return out.getvalue()


def given(engine: Engine, *changes: Row) -> Report:
    report = bring(engine, table(*changes))
    assert TOKEN not in str(report)
    assert OTHER not in str(report)
    return report


def tokens(engine: Engine) -> dict[int, str | None]:
    with db.reading(engine) as session:
        return {i.invoice_id: i.payment_token for i in session.scalars(select(Invoice))}


def reasons(report: Report) -> list[str]:
    return [fault.reason.partition(": ")[2] for fault in report.faults]


def test_a_link_that_the_host_has_mailed_opens_its_invoice(engine: Engine) -> None:
    first = given(engine, {"payment_token": TOKEN}, {"invoice_id": "8"})
    assert (first.created, first.faults) == (2, ())
    assert tokens(engine)[7] == TOKEN
    assert len(tokens(engine)[8] or "") == 64
    with db.reading(engine) as session:
        assert find_by_token(session, token=TOKEN, now=NOW).invoice_id == 7
    assert given(engine, {"payment_token": TOKEN}, {"invoice_id": "8"}).unchanged == 2


def test_a_file_without_the_column_is_read_as_before_and_changes_no_link(engine: Engine) -> None:
    given(engine, {"payment_token": TOKEN})
    assert bring(engine, text_of(rows({}))).unchanged == 1
    assert tokens(engine) == {7: TOKEN}


@pytest.mark.parametrize(
    "wrong", ["AB" * 32, "ab" * 31, "zz" * 32, "ab" * 33, "https://pay.example/" + TOKEN]
)
def test_what_is_no_token_is_refused_and_not_shown(engine: Engine, wrong: str) -> None:
    report = given(engine, {"payment_token": wrong}, {"invoice_id": "8"})
    assert [(fault.line, fault.column, fault.reason) for fault in report.faults] == [
        (2, "payment_token", "is not 64 lower-case hexadecimal characters")
    ]
    assert wrong[:20] not in str(report)
    assert list(tokens(engine)) == [8]


def test_the_rows_of_an_invoice_must_agree_on_it(engine: Engine) -> None:
    half = {"subtotal": "150.00", "tax_amount": "15.00", "total": "165.00"}
    report = given(engine, half | {"payment_token": TOKEN}, half | {"payment_token": OTHER, "line": "2"})
    assert [(f.line, f.column, f.reason) for f in report.faults] == [
        (3, "payment_token", "differs from the one on line 2")
    ]


def test_one_link_leads_to_one_invoice(engine: Engine) -> None:
    twice = given(engine, {"payment_token": TOKEN}, {"payment_token": TOKEN, "invoice_id": "8"})
    assert (twice.created, reasons(twice)) == (1, ["is the link of another invoice"])
    later = given(engine, {"payment_token": TOKEN, "invoice_id": "9"})
    assert reasons(later) == ["is the link of another invoice"]
    assert list(tokens(engine)) == [7]


def test_a_known_invoice_keeps_its_link(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    ours = tokens(engine)
    report = given(engine, {"payment_token": TOKEN, "due_date": "2026-04-30"})
    assert (report.faults, report.updated) == ((), 1)
    (note,) = report.kept
    assert "here already with another link" in note.reason
    assert tokens(engine) == ours


@pytest.mark.parametrize("act", [pay_links.regenerate, pay_links.revoke])
def test_a_link_that_was_replaced_or_revoked_is_nobodys_again(engine: Engine, act: object) -> None:
    given(engine, {"payment_token": TOKEN})
    with db.transaction(engine) as session:
        act(session, invoice_id=7, actor="vera", now=NOW)  # type: ignore[operator]
    present = tokens(engine)[7]
    assert given(engine, {"payment_token": TOKEN}).unchanged == 1, "the host's next export is no fault"
    assert tokens(engine) == {7: present}
    refused = given(engine, {"payment_token": TOKEN, "invoice_id": "8"})
    assert reasons(refused) == ["this link was replaced or revoked; leave it empty for a new one"]


def test_a_token_in_a_wrong_place_is_not_shown_either(engine: Engine) -> None:
    shifted = table({"currency": TOKEN, "total": TOKEN, "line": TOKEN, "customer_email": TOKEN})
    headless = f"7,{TOKEN},x\n"
    for text in (shifted, headless):
        _sound, faults = look(text)
        assert faults
        assert TOKEN[:40] not in str(faults)


def test_a_token_in_the_cell_of_the_number_is_not_shown(engine: Engine) -> None:
    report = given(engine, {"invoice_id": TOKEN})
    assert report.results[0].number == "[hidden]"
    assert TOKEN[:20] not in str(report)


def test_a_token_in_a_text_is_not_kept_in_the_history(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    bring(engine, text_of(rows({"notes": f"long enough that it is clipped {TOKEN}"})))
    with db.reading(engine) as session:
        said = [event.detail for event in session.scalars(select(TimelineEvent))]
    assert any("[hidden]" in detail for detail in said)
    assert TOKEN[:20] not in str(said)


def test_a_checked_invoice_does_not_show_its_token_in_a_log(engine: Engine) -> None:
    (invoice,), faults = look(table({"payment_token": TOKEN}))
    assert (invoice.payment_token, faults) == (TOKEN, [])
    assert TOKEN not in repr(invoice)
