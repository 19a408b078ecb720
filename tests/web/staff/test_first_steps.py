"""First steps: each says how it really stands; Home leads there until all are done."""

import re

import pytest
from pydantic import SecretStr

from paymail.cli.sample_data import load_sample
from paymail.models import Issuer
from paymail.web.staff.start_view import steps_of
from tests.web.conftest import Biller

KEYS = {"stripe_secret_key": SecretStr("sk_live_x1"), "stripe_publishable_key": "pk_live_x1"}


def told(page: str) -> dict[str, str]:
    return dict(re.findall(r"<h2[^>]*>\d\. ([^<]*)</h2><span[^>]*>([^<]*)</span>", page))


def test_with_nothing_there_all_is_to_do_and_home_leads_to_it(biller: Biller) -> None:
    assert set(told(biller.get("/start")).values()) == {"To do"}
    assert '<a href="/staff/start">First steps</a>: 0 of 4 done' in biller.get("/")


def test_home_and_the_step_say_the_same_of_the_mail_server(biller: Biller) -> None:
    for page in ("/start", "/"):
        assert "Emails go into the test mailbox and reach nobody." in biller.get(page)


def test_each_step_links_the_page_that_does_it_where_there_is_one(biller: Biller) -> None:
    page = biller.get("/start")
    assert '<a class="push" href="/staff/companies/new">Add your company</a>' in page
    assert '<a class="push" href="/staff/imports">Import a file</a>' in page
    assert "paymail issuers" not in page
    assert "paymail import" not in page
    biller.site.invoice(502)
    with biller.site.app.transaction() as session:
        session.query(Issuer).one().address = ""
    assert '<a class="push" href="/staff/companies/1">Add the address</a>' in biller.get("/start")


def test_the_samples_companies_and_invoices_are_not_ones_own(biller: Biller) -> None:
    load_sample(biller.site.app)
    assert told(biller.get("/start")) == {
        "Your company": "To do", "Stripe": "To do", "Mail server": "To do", "First import": "To do",
    }  # fmt: skip


def test_a_company_and_an_invoice_of_ones_own_are_seen(biller: Biller) -> None:
    biller.site.invoice(502)
    with biller.site.app.transaction() as session:
        issuer = session.query(Issuer).one()
        issuer.tax_id, issuer.address = "51 824 753 556", ""
    assert "has no address" in biller.get("/start")
    with biller.site.app.transaction() as session:
        session.query(Issuer).one().address = "1 Main St"
    found = told(biller.get("/start"))
    assert (found["Your company"], found["First import"]) == ("Done", "Done")
    assert "2 of 4 done" in biller.get("/")


@pytest.mark.parametrize(
    ("more", "done"),
    [({}, [False, False]), ({"mail_transport": "smtp", **KEYS}, [True, True])],
)
def test_stripe_and_mail_are_what_the_settings_say(
    biller: Biller, more: dict[str, object], done: list[bool]
) -> None:
    settings = biller.site.app.settings.model_copy(update=more)
    with biller.site.app.reading() as session:
        steps = {one.name: one.done for one in steps_of(session, settings)}
    assert [steps["Stripe"], steps["Mail server"]] == done
