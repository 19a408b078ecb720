"""Invoices by CSV and NDJSON: what is refused is named, the rest comes in, the same again changes nothing."""

import json
from typing import Any

import pytest

from paymail.models import Customer, Invoice, Issuer
from tests.conftest import ROOT
from tests.factories import NOW
from tests.services.imports.host_files import rows, text_of
from tests.web.api.test_put_invoices import BODY
from tests.web.bearer import bearer
from tests.web.conftest import Site

EXPORTS = ROOT / "tests" / "services" / "imports" / "exports"
CSV, NDJSON = "text/csv", "application/x-ndjson"


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    with site.app.transaction() as session:
        session.add(
            Issuer(name="Host Pty Ltd", email="billing@host.example", tax_id="51 824 753 556", created_at=NOW)
        )
    return bearer(site.app, "read", "write", name="Nightly")


def post(
    site: Site,
    key: dict[str, str],
    content: str | bytes,
    kind: str = NDJSON,
    *,
    query: str = "",
    expect: int = 200,
) -> Any:
    headers = key | {"Content-Type": kind}
    answer = site.client.post(f"/api/v1/imports{query}", content=content, headers=headers)
    assert answer.status_code == expect, answer.text
    return answer.json()


def line(number: int, **changes: object) -> str:
    body = BODY | {"external_ref": f"a-{number}", "invoice_number": f"INV-{number}", **changes}
    return json.dumps({name: value for name, value in body.items() if value is not None})


def counts(report: Any) -> tuple[int, int, int, int]:
    return report["created"], report["updated"], report["unchanged"], report["refused"]


def test_a_csv_file_comes_in_and_again_changes_nothing(site: Site, key: dict[str, str]) -> None:
    text = text_of(rows({}, {"invoice_id": "8"}))
    tried = post(site, key, text, CSV, query="?dry_run=true")
    assert (tried["dry_run"], counts(tried)) == (True, (2, 0, 0, 0))
    assert site.count(Invoice) == site.count(Customer) == 0
    done = post(site, key, text, "text/csv; charset=utf-8")
    assert [(one["line"], one["number"], one["result"]) for one in done["results"]] == [
        (2, "7", "created"),
        (3, "8", "created"),
    ]
    assert counts(post(site, key, text, CSV)) == (0, 0, 2, 0)
    with site.app.reading() as session:
        assert session.get_one(Invoice, 7).external_ref is None


def test_faults_of_a_csv_file_have_line_and_column_and_the_others_come_in(
    site: Site, key: dict[str, str]
) -> None:
    text = text_of(rows({}, {"invoice_id": "8", "total": "83.00"}, {"invoice_id": "9", "due_date": "soon"}))
    report = post(site, key, text, CSV)
    assert counts(report) == (1, 0, 0, 2)
    assert [(one["line"], one["column"]) for one in report["faults"]] == [(3, "total"), (4, "due_date")]
    refused = post(site, key, text, CSV, query="?all_or_nothing=true", expect=422)
    assert refused["code"] == "import_refused"
    assert [(one["line"], one["column"]) for one in refused["errors"]] == [(3, "total"), (4, "due_date")]
    missing = post(site, key, "a,b\n1,2\n", CSV, expect=422)
    assert "is missing invoice_id" in str(missing["errors"])


def test_a_csv_file_is_read_with_the_marks_that_are_given(site: Site, key: dict[str, str]) -> None:
    text = text_of(rows({"issued_date": "01/03/2026", "due_date": "31/03/2026"}))
    assert post(site, key, text, CSV)["refused"] == 1
    done = post(site, key, text, CSV, query="?date_format=DD/MM/YYYY&decimal_mark=.")
    assert counts(done) == (1, 0, 0, 0)
    assert post(site, key, text, CSV, query="?date_format=soon", expect=422)["code"] == "invalid_input"


def test_each_line_of_json_is_an_invoice_and_a_bad_one_in_the_middle_stays_out(
    site: Site, key: dict[str, str]
) -> None:
    bad = {
        "currency": "AUD",
        "items": [{"description": "x", "quantity": "1", "unit_price": "1", "amount": "2"}],
    }
    text = "\n".join(
        [
            line(1),
            "",
            line(2, **bad),
            "{not json",
            line(3, colour="red", due_date=None),
            json.dumps([1]),
            line(4, total="1.00"),
            line(5),
        ]
    )
    report = post(site, key, text)
    assert (report["invoices"], counts(report)) == (7, (2, 0, 0, 5))
    assert [(one["line"], one["pointer"]) for one in report["faults"]] == [
        (3, "/items/0/amount"),
        (4, ""),
        (5, "/colour"),
        (5, "/due_date"),
        (6, ""),
        (7, "/total"),
    ]
    assert [(one["line"], one["number"], one["result"]) for one in report["results"]] == [
        (1, "INV-1", "created"),
        (3, "INV-2", "refused"),
        (4, "", "refused"),
        (5, "", "refused"),
        (6, "", "refused"),
        (7, "INV-4", "refused"),
        (8, "INV-5", "created"),
    ]
    again = post(site, key, text)
    assert counts(again) == (0, 0, 2, 5)
    changed = post(site, key, line(1, notes="News", tax_rate="15"))
    assert set(changed["results"][0]["changed"]) == {"notes", "tax_rate", "tax_amount", "total", "items"}


def test_json_changes_nothing_on_a_dry_run_or_if_all_is_asked_for_and_one_is_bad(
    site: Site, key: dict[str, str]
) -> None:
    text = f"{line(1)}\n{line(2, total='1.00')}"
    assert counts(post(site, key, text, query="?dry_run=true")) == (1, 0, 0, 1)
    refused = post(site, key, text, query="?all_or_nothing=true", expect=422)
    assert [(one["line"], one["pointer"]) for one in refused["errors"]] == [(2, "/total")]
    assert site.count(Invoice) == 0


def test_what_json_leaves_out_is_filled_in_as_of_a_put(site: Site, key: dict[str, str]) -> None:
    later = {"customer_name": None, "customer_email": None, "invoice_number": None}
    assert counts(post(site, key, line(1))) == (1, 0, 0, 0)
    text = "\n".join([line(1, invoice_number=None), line(2, **later), line(3, **later), line(2, **later)])
    report = post(site, key, text)
    assert counts(report) == (2, 0, 1, 1), "the same invoice cannot come twice"
    assert [one["number"] for one in report["results"]] == ["INV-1", "1", "2", "1"]
    assert site.count(Customer) == 1


def test_what_may_not_change_after_issue_is_told_by_pointer(site: Site, key: dict[str, str]) -> None:
    post(site, key, line(1, status="sent"))
    report = post(site, key, line(1, tax_rate="15"))
    assert {one["pointer"] for one in report["faults"]} == {"/items", "/tax_rate", "/tax_amount", "/total"}


def test_other_media_types_and_too_large_files_are_refused(
    site: Site, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert post(site, key, "{}", "application/json", expect=415)["code"] == "unsupported_media_type"
    limit = site.app.settings.import_megabytes << 20
    headers = key | {"Content-Type": CSV, "Content-Length": str(limit + 1)}
    answer = site.client.post("/api/v1/imports", content=b"x", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    long = json.dumps({"external_ref": "a-1", "notes": "x" * 300_000})
    report = post(site, key, f"{long}\n{line(1)}")
    assert counts(report) == (1, 0, 0, 1)
    assert "is longer than" in report["faults"][0]["detail"]
    refused = post(site, key, f"{line(2)}\n" + "{}\n" * 400_000, expect=422)
    assert (refused["code"], [one["line"] for one in refused["errors"]]) == ("import_refused", [400_001])
    assert "more than 400,000 lines" in refused["errors"][0]["detail"]
    assert site.count(Invoice) == 1


def test_only_a_few_imports_run_at_once(site: Site, key: dict[str, str]) -> None:
    places = site.client.app.state.rate_limits.importing  # type: ignore[attr-defined]
    assert places.acquire(blocking=False)
    assert places.acquire(blocking=False)
    try:
        headers = key | {"Content-Type": CSV}
        answer = site.client.post("/api/v1/imports", content=b"", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (429, "busy")
        assert int(answer.headers["retry-after"]) > 0
        assert site.client.get("/api/v1/invoices", headers=key).status_code == 200
    finally:
        places.release()
        places.release()
    assert post(site, key, "", expect=200)["invoices"] == 0


def test_a_link_in_a_line_is_never_shown(site: Site, key: dict[str, str]) -> None:
    token = "0123456789abcdef" * 4
    text = (
        f"{line(1, payment_token=token)}\n{line(2, payment_token=token)}\n{line(3, payment_token=token[:-1])}"
    )
    report = post(site, key, text)
    assert counts(report) == (1, 0, 0, 2)
    assert token[:40] not in json.dumps(report)


def test_who_may_only_read_imports_nothing(site: Site, key: dict[str, str]) -> None:
    post(site, bearer(site.app, "read"), line(1), expect=403)
    assert site.count(Invoice) == 0


def test_a_file_of_another_system_is_read_by_its_profile(site: Site, key: dict[str, str]) -> None:
    content = (EXPORTS / "xero.csv").read_bytes()
    found = post(site, key, content, CSV, query="?dry_run=true")
    assert found["created"] > 1
    assert any("Xero" in note for note in found["notes"])
    own = post(site, key, content, CSV, query="?profile=paymail", expect=422)
    assert own["code"] == "import_refused"
    unknown = post(site, key, content, CSV, query="?profile=sage", expect=422)
    assert "there is no profile" in unknown["detail"]
    assert (
        "not a supported currency"
        in post(site, key, content, CSV, query="?currency=XYZ", expect=422)["detail"]
    )
