"""What an invoice of an issuer would lack, said before customers see it."""

from collections.abc import Callable

from paymail.checks import Verdict
from paymail.models import Issuer
from paymail.settings import Settings
from paymail.wiring import App
from tests.checks.conftest import ask, verdicts
from tests.factories import NOW, make_invoice

Open = Callable[..., App]


def test_gst_without_an_abn_fails_once_there_is_an_invoice_with_it(opened: Open, embedded: Settings) -> None:
    app = opened(embedded)
    assert verdicts(ask(app, "issuers")) == [Verdict.OK]
    with app.transaction() as session:
        session.add(Issuer(name="Acme", email="a@b.example", tax_id="ABN 51 824 753 557", created_at=NOW))
    assert verdicts(ask(app, "issuers")) == [Verdict.WARNING]
    with app.transaction() as session:
        make_invoice(session).issuer_id = 1
    (found,) = ask(app, "issuers")
    assert (found.verdict, found.remedy) == (Verdict.FAILED, "`paymail issuers set 1 tax_id=…`")
    assert "Acme has no valid ABN" in found.found


def test_other_tax_ids_are_only_warned_of_where_the_rules_are_known(opened: Open, embedded: Settings) -> None:
    app = opened(embedded)
    issuers = {"NZ": "123", "DE": "USt-IdNr. DE136695976", "SG": "197401143C", "AE": "whatever", "": "x"}
    with app.transaction() as session:
        for country, tax_id in issuers.items():
            session.add(
                Issuer(
                    name=f"In {country}", email="a@b.example", country=country, tax_id=tax_id, created_at=NOW
                )
            )
    (found,) = ask(app, "issuers")
    assert (found.verdict, found.found) == (Verdict.WARNING, "the tax id of In NZ is no valid GST number")


def test_gst_in_another_currency_is_to_be_said_in_dollars(opened: Open, embedded: Settings) -> None:
    app = opened(embedded)
    with app.transaction() as session:
        make_invoice(session, currency="EUR")
        make_invoice(session, invoice_id=503, currency="EUR").tax_aud = 1250
        make_invoice(session, invoice_id=504, currency="EUR", tax=0)
        make_invoice(session, invoice_id=505)
    (found,) = ask(app, "issuers")
    assert found.verdict is Verdict.WARNING
    assert found.found.startswith("1 unpaid invoice(s)")
    assert "the first has the id 502" in found.found
