"""Whatever the audit log may name has words: forms, requests, notes of services, settings."""

import re

from paymail.models import RefundStatus
from paymail.services.audit_log.objects import _NAMES, GONE
from paymail.services.audit_log.phrases import PHRASES, TOPICS, phrase_of
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.services.issuers.issuer_settings import DETAIL_FIELDS, ISSUER_FIELDS
from paymail.services.issuers.setting_names import NAMES
from paymail.web.staff.acts_view import Verb
from paymail.web.staff.needs import FORMS
from tests.conftest import ROOT
from tests.structure.test_house import routes_of
from tests.web.conftest import Site, site

__all__ = ["site"]
VERBS = {"/acts/{kind}": list(Verb), "/bulk/{bulk_id}/{verb}": ["pause", "resume", "cancel"]}


def words_of(route: str) -> str:
    return " ".join(part for part in route.split("/") if part and not part.startswith("{"))


def test_every_form_has_words() -> None:
    acts = {f"{words_of(route)} {verb}".strip() for route in FORMS for verb in VERBS.get(route, [""])}
    assert acts - PHRASES.keys() == set()


def test_every_request_that_writes_has_words(site: Site) -> None:
    acts = set()
    for path, method in routes_of(site):
        if path.startswith("/api/v1/") and method not in ("GET", "HEAD"):
            words = words_of(path.removeprefix("/api/v1"))
            acts.add(words if method == "POST" else f"{method} {words}")
    assert len(acts) > 30
    assert acts - PHRASES.keys() == set()


def test_every_note_of_a_service_has_words() -> None:
    sources = "\n".join(path.read_text() for path in (ROOT / "paymail" / "services").rglob("*.py"))
    acts = set(re.findall(r'audit\.(?:note\(session, |Done\()"([a-z -]+)"', sources))
    assert "role" in acts
    assert acts - PHRASES.keys() == set()
    assert set(_NAMES) == set(GONE)


def test_a_refund_has_words_wherever_it_stands() -> None:
    assert {f"refund {status}" for status in RefundStatus if status != "proposed"} - PHRASES.keys() == set()


def test_an_act_has_one_topic_and_every_setting_a_name() -> None:
    acts = [act for phrases in TOPICS.values() for act in phrases]
    assert len(acts) == len(set(acts))
    assert {*ISSUER_FIELDS, *DETAIL_FIELDS, *BANK_FIELDS} - NAMES.keys() == set()


def test_what_has_no_words_is_named_as_it_is() -> None:
    assert phrase_of("later act") == "used “later act”"
    assert phrase_of("voided, issued") == "did many things at once: voided invoices; issued invoices"
