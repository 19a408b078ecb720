"""SPF, DKIM and DMARC: found, missing, contradicting, and silent when DNS is."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from paymail.checks import Finding, Verdict
from paymail.mail.dkim_key import DkimKey
from paymail.mail.sender_records import Asker, dkim, dmarc, spf
from paymail.models import Issuer
from paymail.settings import Settings
from paymail.wiring import App
from tests.checks.conftest import Zone, ask, verdicts
from tests.factories import NOW

DOMAIN = "southern-it.com"
SPF = "v=spf1 include:relay.southern-it.com -all"
DMARC = "v=DMARC1; p=none; rua=mailto:d@southern-it.com"
Open = Callable[..., App]
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER


@pytest.mark.parametrize(
    ("texts", "verdict", "words"),
    [
        ([SPF], Verdict.OK, "include:relay"),
        (["unrelated", SPF.upper()], Verdict.OK, "RELAY"),
        (["v=spf1 " + "ip4:192.0.2.1 " * 30 + "~all"], Verdict.OK, "192.0.2.1"),
        (None, Verdict.WARNING, "missing"),
        ([], Verdict.WARNING, "missing"),
        (["v=spf10 -all", "spf1"], Verdict.WARNING, "missing"),
        ([SPF, "v=spf1 mx -all"], Verdict.FAILED, "2 records"),
        (["v=spf1 -all"], Verdict.FAILED, "sends no email"),
        (["v=spf1 mx +all"], Verdict.WARNING, "lets anyone send"),
        (["v=spf1 redirect=_spf.southern-it.com"], Verdict.OK, "redirect"),
    ],
)
def test_spf_is_found_missing_or_contradicting(
    zone: Zone, texts: list[str] | None, verdict: Verdict, words: str
) -> None:
    if texts is not None:
        zone.texts[DOMAIN] = texts
    found = spf(Asker(zone.resolver()), DOMAIN)
    assert (found.verdict, words in found.found) == (verdict, True), found


@pytest.mark.parametrize(
    ("place", "texts", "protected", "verdict", "words"),
    [
        (DOMAIN, [DMARC], False, Verdict.OK, "p=none"),
        (DOMAIN, ["v = DMARC1 ; p = reject"], True, Verdict.OK, "reject"),
        (DOMAIN, [], True, Verdict.WARNING, "missing"),
        (DOMAIN, [DMARC, DMARC + "; pct=5"], True, Verdict.FAILED, "2 records"),
        (DOMAIN, ["v=DMARC1; p=maybe"], True, Verdict.FAILED, "no valid policy"),
        (DOMAIN, ["v=DMARC1"], True, Verdict.FAILED, "no valid policy"),
        (DOMAIN, ["v=DMARC1; p=reject"], False, Verdict.FAILED, "neither SPF nor DKIM"),
        ("com", [], True, Verdict.WARNING, "missing"),
    ],
)
def test_dmarc_is_found_missing_or_contradicting(
    zone: Zone, place: str, texts: list[str], protected: bool, verdict: Verdict, words: str
) -> None:
    zone.texts[f"_dmarc.{place}"] = texts
    found = dmarc(Asker(zone.resolver()), DOMAIN, protected=protected)
    assert (found.verdict, words in found.found) == (verdict, True), found


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        ("v=DMARC1; p=none", Verdict.OK),
        ("v=DMARC1; p=none; sp=reject", Verdict.FAILED),
        ("v=DMARC1; p=reject; sp=none", Verdict.OK),
    ],
)
def test_a_subdomain_without_a_policy_has_its_parents(zone: Zone, record: str, verdict: Verdict) -> None:
    zone.texts[f"_dmarc.{DOMAIN}"] = [record]
    assert dmarc(Asker(zone.resolver()), f"bills.{DOMAIN}", protected=False).verdict is verdict
    assert "_dmarc.com" not in zone.asked


@pytest.fixture(scope="module")
def key_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two RSA keys, made on the spot."""
    folder = tmp_path_factory.mktemp("dkim")
    files = [folder / "ours.pem", folder / "other.pem"]
    for file in files:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = serialization.PrivateFormat.TraditionalOpenSSL
        file.write_bytes(key.private_bytes(PEM, form, serialization.NoEncryption()))
    return files


def published(file: Path) -> str:
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    der = key.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def look(zone: Zone, file: Path, *records: str) -> Finding:
    zone.texts[f"s1._domainkey.{DOMAIN}"] = list(records)
    return dkim(Asker(zone.resolver()), DkimKey(DOMAIN, "s1", file))


def test_a_dkim_record_that_is_the_other_half_of_our_key_is_ok(zone: Zone, key_files: list[Path]) -> None:
    ours = published(key_files[0])
    assert look(zone, key_files[0], f"v=DKIM1; k=rsa; p={ours}").verdict is Verdict.OK
    spaced = " ".join(ours[i : i + 60] for i in range(0, len(ours), 60))
    assert look(zone, key_files[0], f"p={spaced}").verdict is Verdict.OK
    assert look(zone, key_files[0], f"v=DKIM1; t=y; p={ours}").verdict is Verdict.WARNING


def test_a_dkim_record_that_does_not_fit_is_a_failure_that_says_why(
    zone: Zone, key_files: list[Path], tmp_path: Path
) -> None:
    ours, other = published(key_files[0]), published(key_files[1])
    records = {
        "is missing": [],
        "does not match": [f"p={other}"],
        "is revoked": ["v=DKIM1; p="],
        "2 records": [f"p={ours}", f"v=DKIM1; p={ours}"],
    }
    for words, texts in records.items():
        found = look(zone, key_files[0], *texts)
        assert (found.verdict, words in found.found) == (Verdict.FAILED, True), found
    for nonsense in ("p=%%%", "p=AAAA", "p=MAA=", f"p={ours[:40]}"):
        assert "does not match" in look(zone, key_files[0], nonsense).found
    for content in (b"", b"no key", key_files[0].read_bytes()[:200]):
        (tmp_path / "bad.pem").write_bytes(content)
        assert "cannot be read" in look(zone, tmp_path / "bad.pem", f"p={ours}").found
    assert "cannot be read" in look(zone, tmp_path / "absent.pem", f"p={ours}").found


def smtp_app(opened: Open, embedded: Settings, *addresses: str) -> App:
    app = opened(embedded, mail_transport="smtp")
    with app.transaction() as session:
        for address in addresses:
            session.add(Issuer(name=address, email=address, created_at=NOW))
    return app


def test_each_senders_domain_is_looked_at_once(opened: Open, embedded: Settings, zone: Zone) -> None:
    zone.texts = {DOMAIN: [SPF], f"_dmarc.{DOMAIN}": [DMARC]}
    app = smtp_app(opened, embedded, f"a@{DOMAIN}", f"b@{DOMAIN.upper()}", "c@southern-it.example")
    found = ask(app, "dns records", zone=zone)
    assert verdicts(found) == [Verdict.OK, Verdict.OK, Verdict.NOT_ASKED, Verdict.NOT_ASKED]
    assert "reserved" in found[2].found
    assert zone.asked == [DOMAIN, f"_dmarc.{DOMAIN}"]


def test_the_configured_key_is_looked_up_and_vouches_for_its_domain(
    opened: Open, embedded: Settings, zone: Zone, key_files: list[Path]
) -> None:
    dkim_settings = {"dkim_domain": DOMAIN, "dkim_selector": "s1", "dkim_key_file": str(key_files[0])}
    zone.texts = {
        f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject"],
        f"s1._domainkey.{DOMAIN}": [f"v=DKIM1; p={published(key_files[0])}"],
    }
    app = smtp_app(opened, embedded.model_copy(update=dkim_settings), f"a@bills.{DOMAIN}")
    found = ask(app, "dns records", zone=zone)
    assert verdicts(found) == [Verdict.WARNING, Verdict.OK, Verdict.OK], found
    assert ["SPF" in found[0].found, "DMARC" in found[1].found, "DKIM" in found[2].found] == [True] * 3


@pytest.mark.parametrize("trouble", ["silent", "broken"])
def test_nothing_is_said_when_no_dns_answers(
    opened: Open, embedded: Settings, zone: Zone, trouble: str
) -> None:
    setattr(zone, trouble, True)
    found = ask(smtp_app(opened, embedded, f"a@{DOMAIN}"), "dns records", zone=zone)
    assert set(verdicts(found)) == {Verdict.NOT_ASKED}
    assert f"DNS does not respond for {DOMAIN}" in found[0].found


def test_dns_is_not_asked_while_mail_stays_in_files(opened: Open, embedded: Settings, zone: Zone) -> None:
    assert verdicts(ask(opened(embedded), "dns records", zone=zone)) == [Verdict.NOT_ASKED]
    assert zone.asked == []
