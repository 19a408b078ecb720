"""The requests of the page about invoices by API, sent in their order, are answered as it says."""

import json
import re
from typing import Any

from paymail.models import Issuer
from tests.conftest import ROOT
from tests.factories import NOW
from tests.web.bearer import bearer
from tests.web.conftest import Site, site

__all__ = ["site"]

PAGE = ROOT / "docs" / "how-to" / "invoices-by-api.md"
BLOCK = re.compile(r"^```(http|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def contains(found: Any, said: Any) -> bool:
    """Whether an answer has all that the page says of it."""
    if isinstance(said, dict):
        return all(name in found and contains(found[name], value) for name, value in said.items())
    if isinstance(said, list) and said and isinstance(said[0], dict):
        return len(found) == len(said) and all(map(contains, found, said))
    return bool(found == said)


def test_every_example_is_answered_as_the_page_says(site: Site) -> None:
    with site.app.transaction() as session:
        session.add(
            Issuer(name="Host Pty Ltd", email="billing@host.example", tax_id="51 824 753 556", created_at=NOW)
        )
    key = bearer(site.app, "read", "write")
    answer: Any = None
    asked = told = 0
    for kind, text in BLOCK.findall(PAGE.read_text()):
        if kind == "json":
            assert contains(answer.json(), json.loads(text)), (text, answer.text)
            told += 1
            continue
        first, _, body = text.partition("\n")
        method, path = first.split()
        given = json.loads(body) if body.strip() else None
        answer = site.client.request(method, path, json=given, headers=key)
        assert answer.status_code < 500, answer.text
        asked += 1
    assert (asked, told) == (8, 5)
    assert answer.status_code == 422
