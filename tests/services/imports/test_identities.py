"""Which invoice and which customer a host's file means, whatever its numbers, names and addresses do."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Customer, Invoice
from paymail.services.customers import addresses, erasure
from paymail.services.imports.store import CHUNK
from paymail.services.sending import invoice_emails
from tests.factories import NOW
from tests.services.imports.host_files import Row, bring, look, rows, text_of
from tests.services.imports.host_story import HostStory

OLD, NEW = "a@acme.example", "new@acme.example"


@pytest.fixture
def story(engine: Engine) -> HostStory:
    return HostStory(engine)


def invoices(engine: Engine) -> list[tuple[int, str]]:
    with db.reading(engine) as session:
        found = session.scalars(select(Invoice).order_by(Invoice.invoice_id))
        return [(one.invoice_id, one.number) for one in found]


def customers(engine: Engine) -> list[tuple[str, str]]:
    with db.reading(engine) as session:
        found = session.scalars(select(Customer).order_by(Customer.customer_id))
        return [(one.name, one.email) for one in found]


def correct(story: HostStory, address: str) -> None:
    with story.transaction() as session:
        customer_id = session.scalars(select(Customer.customer_id)).one()
        addresses.change_email(session, customer_id=customer_id, address=address, actor="amy", now=NOW)


def test_a_number_may_be_a_text(engine: Engine) -> None:
    file = text_of(rows({"invoice_id": "INV-0042"}, {"invoice_id": "502"}, {"invoice_id": "INV-2026-001"}))
    assert bring(engine, file).created == 3
    assert invoices(engine) == [(502, "502"), (503, "INV-0042"), (504, "INV-2026-001")]
    assert bring(engine, file).unchanged == 3


def test_two_issuers_may_have_an_invoice_of_the_same_number(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    for _night in range(2):
        report = bring(engine, text_of(rows({})), issuer="Other Pty Ltd")
        assert report.faults == ()
    assert invoices(engine) == [(7, "7"), (8, "7")]


def test_an_id_that_was_given_to_another_is_no_reason_to_refuse_its_number(engine: Engine) -> None:
    bring(engine, text_of(rows({}, {"invoice_id": "A"})))
    bring(engine, text_of(rows({"invoice_id": "8"})))
    assert invoices(engine) == [(7, "7"), (8, "A"), (9, "8")]


def test_a_huge_number_of_a_host_gives_nobody_a_huge_id(engine: Engine) -> None:
    bring(engine, text_of(rows({"invoice_id": str(2**53)}, {"invoice_id": "A"})))
    assert sorted(invoices(engine)) == [(1, "A"), (2**53, str(2**53))]


def test_the_hosts_id_finds_an_invoice_and_a_draft_may_change_its_number(engine: Engine) -> None:
    draft = {"status": "draft", "external_ref": "x-1"}
    bring(engine, text_of(rows(draft)))
    report = bring(engine, text_of(rows(draft | {"invoice_id": "INV-7"})))
    assert report.results[0].fields == ("invoice_id",)
    assert invoices(engine) == [(7, "INV-7")]
    bring(engine, text_of(rows({"invoice_id": "INV-7", "external_ref": "x-1"})))
    report = bring(engine, text_of(rows({"invoice_id": "INV-8", "external_ref": "x-1"})))
    assert [fault.column for fault in report.faults] == ["invoice_id"]


def test_the_hosts_id_is_attached_once_and_never_to_two(engine: Engine) -> None:
    bring(engine, text_of(rows({})))
    assert bring(engine, text_of(rows({"external_ref": "x-1"}))).results[0].fields == ("external_ref",)
    report = bring(engine, text_of(rows({"external_ref": "x-2"})))
    assert [fault.column for fault in report.faults] == ["external_ref"]
    twice = rows({"invoice_id": "8", "external_ref": "x-3"}, {"invoice_id": "9", "external_ref": "x-3"})
    report = bring(engine, text_of(twice))
    assert (report.created, [fault.column for fault in report.faults]) == (1, ["external_ref"])


def test_one_invoice_is_not_meant_twice_by_a_file(engine: Engine) -> None:
    first, second = {"external_ref": "x-1", "status": "draft"}, {"status": "draft", "due_date": "2026-05-05"}
    bring(engine, text_of(rows(first)))
    (fault,) = bring(engine, text_of(rows(first | {"invoice_id": "8"}, second))).faults
    assert (fault.line, fault.column) == (3, "invoice_id")
    assert "the same here as the one on line 2" in fault.reason
    assert invoices(engine) == [(7, "8")]


def test_an_id_of_the_host_that_stands_in_a_file_twice_is_refused_far_apart_too(engine: Engine) -> None:
    others = [{"invoice_id": f"A-{n}"} for n in range(CHUNK)]
    one, two = {"external_ref": "x-1", "status": "draft"}, {"external_ref": "x-1", "invoice_id": "8"}
    report = bring(engine, text_of(rows(one, *others, two)))
    assert [(fault.line, fault.column) for fault in report.faults] == [(CHUNK + 3, "external_ref")]
    assert (7, "7") in invoices(engine)


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("customer_country", "Australia", "two letters"),
        ("metadata", "[1]", "not a JSON object"),
        ("metadata", "{", "not a JSON object"),
        ("metadata", '{"a": 1}', "not a JSON object of texts"),
        ("metadata", json.dumps({str(n): "" for n in range(21)}), "more than 20 keys"),
        ("metadata", json.dumps({"a": "x" * 201}), "longer than 200"),
        ("metadata", json.dumps({"x" * 41: "a"}), "longer than 40"),
        ("external_ref", "x" * 201, "longer than 200"),
        ("purchase_order", "a\nb", "line break"),
        ("customer_attention", "a\nb", "line break"),
        ("tax_amount_aud", "much", "number"),
    ],
)
def test_each_fault_of_an_optional_column_is_named(column: str, cell: str, reason: str) -> None:
    (fault,) = look(text_of(rows({column: cell})))[1]
    assert fault.column == column
    assert reason in fault.reason


def test_what_the_host_keeps_is_kept_and_stays_where_a_file_has_no_such_column(engine: Engine) -> None:
    given = {
        "purchase_order": "PO 7",
        "terms": "30 days\nnet",
        "notes": "Thanks",
        "metadata": '{"project": "x"}',
        "customer_tax_id": "51 824 753 556",
        "customer_address": "1 High St\nSydney",
        "customer_country": "au",
        "customer_attention": "Accounts",
        "tax_amount_aud": "1.25",
    }
    bring(engine, text_of(rows(given)))
    bring(engine, text_of(rows({"due_date": "2026-04-15"})))
    with db.reading(engine) as session:
        invoice = session.scalars(select(Invoice)).one()
        customer = session.scalars(select(Customer)).one()
    assert (invoice.purchase_order, invoice.terms, invoice.notes) == ("PO 7", "30 days\nnet", "Thanks")
    assert invoice.host_metadata == '{"project": "x"}'
    assert (customer.tax_id, customer.country) == ("51 824 753 556", "AU")
    assert (customer.attention, invoice.tax_aud) == ("Accounts", 125)
    assert customer.address == "1 High St\nSydney"


def test_a_changed_address_makes_no_second_customer_and_unsent_mail_follows(story: HostStory) -> None:
    story.bring()
    with story.transaction() as session:
        message = invoice_emails.send_invoice(session, invoice_id=7, actor="t", now=NOW).message_id
    report = story.bring({"customer_email": NEW}, {"invoice_id": "8", "customer_email": NEW})
    assert (report.created, report.updated, report.faults) == (1, 1, ())
    assert customers(story.engine) == [("Acme", NEW)]
    assert [(one.message_id, one.recipient) for one in story.mails("invoice")] == [(message, NEW)]


def test_the_address_that_staff_put_right_stays_and_the_report_says_so(story: HostStory) -> None:
    story.bring()
    correct(story, NEW)
    report = story.bring({}, {"invoice_id": "8"})
    assert (report.created, report.faults) == (1, ())
    (kept,) = report.kept
    assert kept.reason == f"kept yours: 'Acme' is mailed at '{NEW}', not '{OLD}'"
    assert customers(story.engine) == [("Acme", NEW)]
    with story.transaction() as session:
        invoice_emails.send_invoice(session, invoice_id=8, actor="t", now=NOW)
    assert [one.recipient for one in story.mails("invoice")] == [NEW]
    story.bring({"customer_email": "third@acme.example"})
    assert customers(story.engine) == [("Acme", "third@acme.example")]


def test_names_that_differ_in_case_or_composition_only_are_one(engine: Engine) -> None:
    bring(engine, text_of(rows({"customer_name": "Caf\u00e9 Acme"})))
    bring(engine, text_of(rows({"invoice_id": "8", "customer_name": "CAFE\u0301 ACME"})))
    assert len(customers(engine)) == 1


def test_the_hosts_id_of_a_customer_goes_before_names(engine: Engine) -> None:
    ref = {"customer_ref": "C1"}
    bring(engine, text_of(rows({})))
    bring(engine, text_of(rows(ref)))
    report = bring(engine, text_of(rows(ref | {"customer_name": "Acme Group", "customer_email": NEW})))
    assert report.results[0].fields == ("customer_name", "customer_email")
    assert customers(engine) == [("Acme Group", NEW)]
    report = bring(
        engine,
        text_of(
            rows(
                {
                    "invoice_id": "8",
                    "customer_ref": "C2",
                    "customer_name": "Acme Group",
                    "customer_email": NEW,
                }
            )
        ),
    )
    assert [fault.column for fault in report.faults] == ["customer_name"]
    assert "already has this name and address" in report.faults[0].reason


def test_an_issued_invoice_stays_with_its_customer_and_a_draft_does_not(engine: Engine) -> None:
    bring(engine, text_of(rows({}, {"invoice_id": "8", "status": "draft"})))
    other = {"customer_name": "Beta", "customer_email": "b@beta.example"}
    report = bring(engine, text_of(rows(other, {"invoice_id": "8", "status": "draft"} | other)))
    assert [(fault.line, fault.column) for fault in report.faults] == [(2, "customer_name")]
    assert report.updated == 1
    assert customers(engine) == [("Acme", OLD), ("Beta", "b@beta.example")]


def test_an_erased_customer_is_found_by_nothing(engine: Engine) -> None:
    void: Row = {"status": "void", "customer_ref": "C1"}
    bring(engine, text_of(rows(void)))
    with db.transaction(engine) as session:
        customer_id = session.scalars(select(Customer.customer_id)).one()
        erasure.erase_customer(session, customer_id=customer_id, actor="t", now=NOW)
    bring(engine, text_of(rows(void, void | {"invoice_id": "8"})))
    assert [email for _name, email in customers(engine)][1:] == [OLD]


def test_what_a_dry_run_says_is_what_an_import_does(engine: Engine) -> None:
    bring(engine, text_of(rows({}, {"invoice_id": "8"})))
    change = {"customer_email": NEW, "due_date": "2026-04-01"}
    file = text_of(
        rows(change, {"invoice_id": "8", "customer_email": NEW}, {"invoice_id": "9", "customer_email": NEW})
    )
    said = bring(engine, file, dry_run=True)
    assert [(one.what, one.fields) for one in said.results] == [
        ("updated", ("due_date", "customer_email")),
        ("unchanged", ()),
        ("created", ()),
    ]
    assert replace(bring(engine, file), import_id=None) == said


def together(*acts: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(act) for act in acts]]


def test_imports_at_the_same_time_make_nothing_twice(engine: Engine) -> None:
    bring(engine, text_of(rows({"invoice_id": "1"})))
    one = text_of(rows(*({"invoice_id": f"A-{n}"} for n in range(130))))
    two = text_of(rows(*({"invoice_id": f"A-{n}", "customer_name": "ACME"} for n in range(130))))
    together(lambda: bring(engine, one), lambda: bring(engine, two), lambda: bring(engine, one))
    assert len(invoices(engine)) == 131
    assert len(customers(engine)) == 1
