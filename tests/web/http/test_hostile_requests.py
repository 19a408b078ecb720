"""Whatever is put into any field of any route, the answer is no fault of ours, on both databases."""

from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest
from httpx2 import Response
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from paymail.settings import Settings
from tests.web.bearer import bearer
from tests.web.conftest import BOTH, Biller
from tests.web.http.hostile import NUMBERS, VALUES, Attacker, Entry, entries
from tests.web.http.known import known_rows

pytestmark = [pytest.mark.thorough, BOTH]

UNLIMITED = {name: "1000000/minute" for name in Settings.model_fields if name.endswith("rate_limit")}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Without rate limits."""
    return settings.model_copy(update=UNLIMITED)


@pytest.fixture
def attacker(biller: Biller) -> Attacker:
    """An attacker who has got everything: an invoice that was sent, paid and refunded, and a bulk send."""
    known = known_rows(biller)
    return Attacker(biller.site, bearer(biller.site.app, "read", "write", "bounces"), biller.csrf, known)


HEADERS = (
    *(b"Cookie", b"Authorization", b"Accept", b"Accept-Language"),
    *(b"Idempotency-Key", b"Host", b"Stripe-Signature", b"Content-Type"),
)
HEADER_VALUES = (
    b"paymail_session=\x00",
    b"paymail_session=\xff\xed\xa0\x80; x",
    b"Bearer \x00",
    b"Bearer pm_\xff",
    b"t=" + b"9" * 5000 + b",v1=00",
    b"text/html\xff",
    b"multipart/form-data; boundary=\xff",
    b"application/x-www-form-urlencoded; charset=\x00",
)
PATH_VALUES = ["\x00", "\ud800", "2147483648", "9223372036854775808", "9" * 500, "-1", "٣"]


def test_no_value_in_any_path_is_a_fault(attacker: Attacker) -> None:
    routes = [entry for entry in entries(attacker.site) if "{" in entry.path]
    assert len(routes) > 80
    cases = [
        (entry, value, at)
        for entry, value in product(routes, PATH_VALUES)
        for at in range(entry.path.count("{"))
    ]
    answers = [(attacker.send(entry, path=value, at=at), entry, value) for entry, value, at in cases]
    assert faults(answers) == []
    # What cannot be a row's number is no row, or no number.
    assert {a.status_code for a, e, _ in answers if e.method == "GET"} <= {200, 404, 422, 503}


@pytest.mark.parametrize("value", ["%00", "a%00.css", "..%2f..%2fapp.py", "%ED%A0%80", "x" * 5000, "%"])
def test_no_name_of_a_file_is_a_fault(attacker: Attacker, value: str) -> None:
    for folder in ("/static/", "/", "/staff/", "/pay/", "/api/v1/"):
        answer = attacker.site.client.get(folder + value, headers=attacker.headers)
        assert answer.status_code in (404, 422), (folder, value)


def test_no_value_in_any_query_is_a_fault(attacker: Attacker) -> None:
    routes = [entry for entry in entries(attacker.site) if entry.query]
    assert len(routes) > 10
    assert (
        faults((attacker.send(entry, query=value), entry, value) for entry, value in product(routes, VALUES))
        == []
    )


def test_no_value_in_any_field_is_a_fault(attacker: Attacker) -> None:
    routes = [entry for entry in entries(attacker.site) if entry.body]
    assert len(routes) > 50
    found = []
    for entry in routes:
        values = VALUES + NUMBERS if entry.json else VALUES
        # Each value once, each field a few times: fields in turn, so that the others are as they should be.
        turns = max(len(values), len(entry.body))
        found += faults(
            (attacker.send(entry, body=values[n % len(values)], at=n), entry, values[n % len(values)])
            for n in range(turns)
        )
    assert found == []


def test_no_value_in_a_header_is_a_fault(attacker: Attacker) -> None:
    paths = ("/staff/", "/api/v1/invoices", "/webhooks/stripe", "/pay/x", "/nothing")
    for name, value, path, method in product(HEADERS, HEADER_VALUES, paths, ("GET", "POST")):
        answer = attacker.site.client.request(
            method, path, headers=[(name, value)], content=b"x", follow_redirects=False
        )
        assert answer.status_code < 500, (method, path, name, value)


def test_no_encoding_of_a_form_is_a_fault(attacker: Attacker) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n\\ud800\\x00\xff\r\n'
    forms = [entry for entry in entries(attacker.site) if entry.body and not entry.json]
    for entry, charset in product(forms, ("unicode_escape", "utf-7", "idna", "hex", "undefined")):
        path = entry.path.format(**attacker.known)
        kind = {"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"}
        content = b"".join(body % name.encode() for name in entry.body) + b"--b--\r\n"
        answer = attacker.site.client.post(path, content=content, headers=kind, follow_redirects=False)
        assert answer.status_code < 500, (path, charset)


def test_random_values_are_no_fault_anywhere(attacker: Attacker) -> None:
    routes = entries(attacker.site)
    text = st.text(max_size=300) | st.text(st.characters(categories=["Cc", "Cs", "Cf", "Nd"]), max_size=30)
    value = text | st.integers() | st.binary(max_size=100).map(lambda raw: raw.decode("latin-1"))

    @hypothesis_settings(
        max_examples=150, suppress_health_check=list(HealthCheck), deadline=None, derandomize=True
    )
    @given(
        st.sampled_from(routes), st.none() | value, st.none() | value, st.none() | value, st.integers(0, 40)
    )
    def check(entry: Entry, path: Any, query: Any, body: Any, at: int) -> None:
        answer = attacker.send(entry, path=path, query=query, body=body, at=at)
        assert answer.status_code < 500, answer.text

    check()


def faults(sent: Iterable[tuple[Response, Entry, Any]]) -> list[tuple[str, str, str]]:
    return [
        (e.method, e.path, repr(value)[:60])
        for answer, e, value in sent
        if answer.status_code >= 500 or "<script>Bcc" in answer.text
    ]
