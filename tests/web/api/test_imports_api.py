"""Imports in the staff API: listed, shown, sent once, and taken back."""

import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from paymail.services.imports import import_invoices, open_host_file
from paymail.web.schemas.bulk import BulkRow
from tests.services.imports.host_files import Row, rows, text_of
from tests.services.imports.import_story import made
from tests.web.bearer import bearer
from tests.web.conftest import Site


@pytest.fixture
def key(site: Site) -> dict[str, str]:
    return bearer(site.app, "read", "write")


def bring(site: Site, *changes: Row) -> int:
    report = import_invoices(
        site.app.context(),
        source=open_host_file(io.BytesIO(text_of(rows(*changes)).encode())),
        issuer_id=1,
        actor="api",
        source_name="api",
    )
    return report.import_id or 0


@pytest.fixture
def imported(site: Site) -> int:
    """The number of an import of invoices 7 and 8, with 9 refused."""
    site.invoice()
    return bring(site, *made(7, 8), *made(9, total="1"))


def get(site: Site, key: dict[str, str], path: str, expect: int = 200) -> Any:
    answer = site.client.get(f"/api/v1{path}", headers=key)
    assert answer.status_code == expect, answer.text
    return answer.json()


def post(site: Site, key: dict[str, str], path: str, expect: int, body: object = None) -> Any:
    answer = site.client.post(f"/api/v1{path}", headers=key, json=body)
    assert answer.status_code == expect, answer.text
    return answer.json()


def test_imports_are_listed_and_shown_with_what_they_did(
    site: Site, key: dict[str, str], imported: int
) -> None:
    second = bring(site, *made(7, notes="thanks"))
    page = get(site, key, "/imports?limit=1")
    assert [one["import_id"] for one in page["data"]] == [second]
    (first,) = get(site, key, f"/imports?limit=1&after={page['next']}")["data"]
    assert (first["created"], first["refused"], first["state"], first["source"]) == (2, 1, "finished", "api")
    shown = get(site, key, f"/imports/{imported}")
    assert [(one["number"], one["field"]) for one in shown["faults"]] == [("9", "total")]
    changed = get(site, key, f"/imports/{second}")["changes"]
    assert changed[0]["fields"] == [{"field": "notes", "before": "", "after": "thanks"}]
    assert get(site, key, "/imports?issuer=99")["data"] == []
    assert get(site, key, "/imports/99", 404)["code"] == "no_such_import"


def test_an_import_is_emailed_once_however_often_it_is_sent(
    site: Site, key: dict[str, str], imported: int
) -> None:
    path = f"/imports/{imported}/send"
    begun = post(site, key | {"Idempotency-Key": "a"}, path, 202)
    assert set(begun) == set(BulkRow.model_fields)
    assert post(site, key | {"Idempotency-Key": "a"}, path, 202)["bulk_id"] == begun["bulk_id"]
    site.sweep()
    assert len(list(site.app.mailbox.glob("*.eml"))) == 2
    assert get(site, key, f"/imports/{imported}")["emailed"] == 2
    refused = post(site, key, path, 422)
    assert (refused["code"], refused["detail"]) == (
        "empty_selection",
        f"import {imported} has no unpaid invoice left to email",
    )
    site.sweep()
    assert len(list(site.app.mailbox.glob("*.eml"))) == 2


def test_an_import_is_sent_at_the_time_that_was_asked(site: Site, key: dict[str, str], imported: int) -> None:
    path = f"/imports/{imported}/send"
    at = site.app.now() + timedelta(days=2)
    begun = post(site, key, path, 202, {"at": at.isoformat(), "rate": "60"})
    assert (datetime.fromisoformat(begun["starts_at"]), begun["waiting"]) == (at, 2)
    site.sweep()
    assert list(site.app.mailbox.glob("*.eml")) == []


def test_an_import_is_taken_back_once_and_cannot_be_sent_then(
    site: Site, key: dict[str, str], imported: int
) -> None:
    path = f"/imports/{imported}/take-back"
    taken = post(site, key, path, 200)
    assert taken["state"] == "taken_back"
    assert post(site, key, path, 200) == taken
    get(site, key, "/invoices/7", 404)
    assert post(site, key, f"/imports/{imported}/send", 409)["code"] == "import_taken_back"
    post(site, key, "/imports/99/take-back", 404)


def test_what_was_emailed_is_not_taken_back_and_the_answer_names_it(
    site: Site, key: dict[str, str], imported: int
) -> None:
    post(site, key, f"/imports/{imported}/send", 202)
    site.sweep()
    refused = post(site, key, f"/imports/{imported}/take-back", 409)
    assert refused["code"] == "import_in_use"
    assert "invoice 7: an email about it was sent or is being sent; invoice 8: " in refused["detail"]
    get(site, key, "/invoices/7")


def test_a_key_that_may_only_read_sends_and_takes_back_nothing(site: Site, imported: int) -> None:
    reader = bearer(site.app, "read")
    post(site, reader, f"/imports/{imported}/send", 403)
    post(site, reader, f"/imports/{imported}/take-back", 403)
