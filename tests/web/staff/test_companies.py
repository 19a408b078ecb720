"""The pages of companies: the list, saving, who changed what, two people at once, and the sender's DNS."""

import io
from urllib.parse import urlencode

import pytest
from PIL import Image
from sqlalchemy import event

from paymail.models import Issuer, IssuerChange, IssuerLogo, Message, MessageKind, Role
from paymail.ports.findings import Finding, failed, ok
from paymail.services.issuers import bank_changes
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.web.staff.company_form import FIELDS
from tests.web.conftest import STAFF, Biller
from tests.web.http.hostile import VALUES
from tests.web.two_issuers import SECRETS, become, make_two

BANK = {"bank_holder": "Southern IT", "bank_bsb": "063-000", "bank_number": "1000 2000"}


@pytest.fixture
def shop(biller: Biller) -> Biller:
    """A company with one owed invoice."""
    biller.site.invoice()
    return biller


def company(biller: Biller, issuer_id: int = 1) -> Issuer:
    with biller.site.app.reading() as session:
        return session.get_one(Issuer, issuer_id)


def seen(biller: Biller, form: int = 0, issuer_id: int = 1) -> str:
    """Return what the page's form says it showed: the company's, or (1) that of the bank details."""
    page = biller.get(f"/companies/{issuer_id}")
    parts = page.split('name="seen" value="')[1:]
    return parts[form].partition('"')[0].replace("&#34;", '"').replace("&quot;", '"').replace("&amp;", "&")


def picture(colour: str = "teal") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (300, 100), colour).save(written, "PNG")
    return written.getvalue()


def statements(biller: Biller, path: str) -> int:
    found: list[str] = []
    engine = biller.site.app.engine

    def count(*given: object) -> None:
        found.append(str(given[2]))

    event.listen(engine, "before_cursor_execute", count)
    try:
        biller.get(path)
    finally:
        event.remove(engine, "before_cursor_execute", count)
    return len(found)


def test_the_list_says_of_each_company_what_it_lacks_in_as_many_statements(shop: Biller) -> None:
    page = shop.get("/companies")
    assert "Southern IT Services Pty Ltd" in page
    assert "No bank details: customers cannot pay by transfer" in page
    one = statements(shop, "/companies")
    with shop.site.app.transaction() as session:
        for name in "ABC":
            session.add(Issuer(name=name, email="a@b.example", created_at=shop.clock))
    page = shop.get("/companies")
    assert page.count("No valid ABN: invoices with GST cannot be emailed") == 3
    assert statements(shop, "/companies") == one


def test_what_was_changed_is_saved_and_its_history_names_who_did_it(shop: Biller) -> None:
    page = shop.post(
        "/companies/1",
        seen=seen(shop),
        legal_name="Southern Holdings Pty Ltd",
        website="https://www.southern-it.example/",
        address="Level 3\r\nMelbourne",
        currency="NZD",
        link_days="never",
    )
    found = company(shop)
    assert "Saved." in page
    assert (found.legal_name, found.website) == ("Southern Holdings Pty Ltd", "www.southern-it.example")
    assert (found.address, found.currency, found.link_days) == ("Level 3\nMelbourne", "NZD", None)
    log = shop.get("/companies/1/history")
    for words in (STAFF, "Legal name", "Southern Holdings Pty Ltd", "Pay links end", "30", "never"):
        assert words in log
    with shop.site.app.reading() as session:
        assert {one.actor for one in session.query(IssuerChange)} == {STAFF}


def test_the_history_goes_back_page_by_page(shop: Biller) -> None:
    with shop.site.app.transaction() as session:
        session.add_all(
            IssuerChange(issuer_id=1, at=shop.clock, actor=f"a{n}", setting="phone", old="", new=f"n{n}")
            for n in range(60)
        )
    newest = shop.get("/companies/1/history")
    assert ("n59" in newest, "n9<" in newest) == (True, False)
    assert "n9<" in shop.get("/companies/1/history?before=11")


def test_all_faults_are_said_at_once_beside_their_fields_and_nothing_is_saved(shop: Biller) -> None:
    page = shop.post(
        "/companies/1",
        422,
        seen=seen(shop),
        tax_id="12 345",
        email="nobody",
        website="no site",
        timezone="Mars/Olympus",
        currency="XXQ",
        link_days="soon",
        phone="03 9010 0000",
    )
    for name in ("tax_id", "email", "website", "timezone", "currency", "link_days"):
        assert f'id="{name}-fault"' in page, name
    assert 'value="03 9010 0000"' in page
    assert company(shop).phone == ""


def test_the_second_of_two_editors_is_refused_where_the_first_changed_the_same_field(shop: Biller) -> None:
    before = seen(shop)
    shop.post("/companies/1", seen=before, phone="1111")
    shop.post("/companies/1", seen=before, footer="Thank you")  # another field: both are kept
    page = shop.post("/companies/1", 409, seen=before, phone="2222")
    assert f"Changed to “1111” by {STAFF}" in page
    assert (company(shop).phone, company(shop).footer) == ("1111", "Thank you")
    assert 'value="2222"' in page
    shop.post("/companies/1", seen=seen(shop), phone="2222")
    assert company(shop).phone == "2222"


def test_a_logo_is_drawn_anew_and_can_be_taken_away(shop: Biller) -> None:
    client, form = shop.site.client, {"csrf": shop.csrf, "seen": seen(shop)}
    client.post("/staff/companies/1", data=form, files={"logo": ("x.png", picture(), "image/png")})
    kept = company(shop).logo_sha256
    assert kept
    with shop.site.app.reading() as session:
        content = session.get_one(IssuerLogo, kept).content
    with Image.open(io.BytesIO(content)) as found:
        assert found.size == (80, 27)
    answer = client.post(
        "/staff/companies/1", data=form, files={"logo": ("x.svg", b"<svg/>", "image/svg+xml")}
    )
    assert answer.status_code == 422
    assert 'id="logo-fault"' in answer.text
    large = {"logo": ("x.png", b"\x89PNG" + bytes(300_000), "image/png")}
    assert client.post("/staff/companies/1", data=form, files=large).status_code == 413
    shop.post("/companies/1", seen=seen(shop), remove_logo="yes")
    assert company(shop).logo_sha256 is None


def test_a_colour_on_which_white_cannot_be_read_is_shown_darker(shop: Biller) -> None:
    page = shop.post("/companies/1", seen=seen(shop), colour="#ffcc00")
    assert company(shop).colour == "#ffcc00"
    assert "Shown darker, as" in page


def test_a_colour_is_checked_before_it_is_saved_with_all_else_that_was_typed(shop: Biller) -> None:
    page = shop.post("/companies/1/colour", seen=seen(shop), colour="#ffcc00", phone="02 1234")
    assert 'White on it has <span data-is="ratio">1.5</span> to 1, and 4.5 is needed' in page
    assert 'value="02 1234"' in page
    assert (company(shop).colour, company(shop).phone) == ("", "")


def test_the_colour_that_a_page_shows_for_none_is_not_saved(shop: Biller) -> None:
    shop.post("/companies/1", seen=seen(shop), colour="#2563eb")
    assert company(shop).colour == ""


def test_bank_details_wait_and_the_change_can_be_stopped(shop: Biller) -> None:
    wrong = shop.post("/companies/1/bank", 422, seen=seen(shop, 1), **BANK | {"bank_bsb": "12"})
    assert 'id="bank_bsb-fault"' in wrong
    page = shop.post("/companies/1/bank", seen=seen(shop, 1), **BANK)
    assert "New bank details wait until" in page
    assert "Thu 19 Mar 2026, 12:00 AEDT" in page
    assert company(shop).bank_bsb == ""
    assert "Change waits" in shop.get("/companies")
    # Who looked before the change was asked for does not replace it unseen.
    shop.post("/companies/1/bank", 409, seen='{"bank_bsb": ""}', bank_bsb="082-401")
    shop.post("/companies/1/bank/cancel")
    shop.post("/companies/1/bank/cancel")  # a double click
    with shop.site.app.reading() as session:
        assert bank_changes.waiting(session, issuer_id=1) is None


def test_what_is_said_of_bank_details_is_what_became_of_them(biller: Biller) -> None:
    biller.post(
        "/companies/new",
        name="Coastline IT",
        email="billing@coastline.example",
        locale="en-AU",
        timezone="Australia/Perth",
        currency="AUD",
    )
    # Nothing was issued yet, so nobody has a document of it.
    assert "Customers see the bank details from now on." in biller.post("/companies/1/bank", **BANK)
    waits = biller.post("/companies/1/bank", bank_bsb="082-401")
    assert "when the 48 hours have passed" in waits
    assert "Nothing was changed" in biller.post("/companies/1/bank", bank_bsb="082-401")
    assert "The change was stopped." in biller.post("/companies/1/bank", **BANK)
    assert "Nothing was changed" in biller.post("/companies/1/bank", **BANK)
    page = biller.post("/companies/1/stripe", account="acct_sandbox", sure="yes")
    assert "The Stripe account is connected." in page
    assert "All staff were told" not in page


class Dns:
    """What DNS says."""

    def __init__(self, *found: Finding) -> None:
        self.found = found
        self.asked: list[str] = []

    def look(self, domain: str) -> list[Finding]:
        self.asked.append(domain)
        return list(self.found)


def test_dns_is_asked_by_hand_and_what_it_said_is_kept(shop: Biller) -> None:
    dns = Dns(ok("dns records", "SPF is there\x07"), failed("dns records", "DMARC is wrong", "set it"))
    object.__setattr__(shop.site.app, "sender_records", dns)
    assert "Not checked yet." in shop.get("/companies/1")
    page = shop.post("/companies/1/sender")
    assert dns.asked == ["southern-it.example"]
    for words in ("SPF is there<", "DMARC is wrong", "Set it", "Tue 17 Mar 2026, 12:00 AEDT"):
        assert words in page
    assert "The DNS of southern-it.example needs a look" in shop.get("/companies")
    shop.post("/companies/1", seen=seen(shop), email="billing@elsewhere.example")
    assert "Not checked yet." in shop.get("/companies/1")  # what was found is of another domain
    for _ in range(5):
        shop.post("/companies/1/sender")
    shop.post("/companies/1/sender", 429)


def test_a_company_is_added_with_its_history_or_all_faults_are_said(shop: Biller) -> None:
    page = shop.post("/companies/new", 422, name="", email="nobody", tax_id="1", timezone="X/Y")
    for name in ("name", "email", "tax_id", "timezone"):
        assert f'id="{name}-fault"' in page
    page = shop.post("/companies/new", 422, name="Coast\nline", email="a@b.example")
    assert "contains a line break" in page
    twice = {"name": "Coastline IT", "email": "billing@coastline.example", "tax_id": "51 824 753 556"}
    page = shop.post("/companies/new", **twice, locale="en-AU", timezone="Australia/Perth", currency="AUD")
    assert "The company was added." in page
    made = int(page.partition('action="/staff/companies/')[2].partition('"')[0])
    assert (company(shop, made).name, company(shop, made).timezone) == ("Coastline IT", "Australia/Perth")
    assert "There is a company of this name already" in shop.post("/companies/new", 422, **twice)
    assert "Company added" in shop.get(f"/companies/{made}/history")
    assert shop.site.count(Issuer) == 2


def test_a_stripe_account_is_connected_once_after_what_stripe_says_was_seen(shop: Biller) -> None:
    with shop.site.app.transaction() as session:
        session.get_one(Issuer, 1).stripe_account = ""
    assert "is not a Stripe account" in shop.post("/companies/1/stripe", 422, account="pay me")
    sure = shop.post("/companies/1/stripe", account="acct_sandbox")
    assert "Connect <code>acct_sandbox</code>?" in sure
    assert company(shop).stripe_account == ""
    page = shop.post("/companies/1/stripe", account="acct_sandbox", sure="yes")
    assert "The Stripe account is connected. All staff were told." in page
    with shop.site.app.reading() as session:
        told = session.query(Message).filter_by(kind=MessageKind.NOTICE).all()
    assert [STAFF in one.recipient for one in told].count(True) == 1
    shop.post("/companies/1/stripe", 409, account="acct_sandbox", sure="yes")


def test_who_has_no_token_changes_nothing(shop: Biller) -> None:
    for path in ("", "/bank", "/bank/cancel", "/sender", "/stripe", "/preview", "/test"):
        assert shop.site.client.post(f"/staff/companies/1{path}", data={"phone": "1"}).status_code == 403, (
            path
        )
    assert company(shop).phone == ""


def test_after_a_refusal_only_what_was_edited_is_saved_and_is_still_compared(shop: Biller) -> None:
    before = seen(shop)
    shop.post("/companies/1", seen=before, phone="1111", footer="Theirs")
    # Whoever edits the phone was shown an empty footer, and sends it along.
    both = {"phone": "2222", "footer": ""}
    refused = shop.post("/companies/1", 409, seen=before, **both)
    assert "Theirs" in refused
    again = shop.hidden(refused, "seen").replace("&#34;", '"')
    shop.post("/companies/1", seen=again, phone="2222", footer="Theirs")
    assert (company(shop).phone, company(shop).footer) == ("2222", "Theirs")
    # A fault does not forget what was seen: the other's change is told at the next try.
    faulty = shop.post("/companies/1", 422, seen=before, phone="3333", email="nobody")
    kept = shop.hidden(faulty, "seen").replace("&#34;", '"')
    shop.post("/companies/1", 409, seen=kept, phone="3333")


def test_of_two_who_change_the_logo_the_second_is_told(shop: Biller) -> None:
    form = {"csrf": shop.csrf, "seen": seen(shop)}
    client = shop.site.client
    client.post("/staff/companies/1", data=form, files={"logo": ("a.png", picture(), "image/png")})
    first = company(shop).logo_sha256
    other = {"logo": ("b.png", picture("red"), "image/png")}
    answer = client.post("/staff/companies/1", data=form, files=other)
    assert (answer.status_code, 'id="logo-fault"' in answer.text) == (409, True)
    assert company(shop).logo_sha256 == first


@pytest.mark.parametrize("value", [str(value) for value in VALUES])
@pytest.mark.parametrize(
    "path", ["/companies/1", "/companies/1/bank", "/companies/1/preview", "/companies/new"]
)
def test_no_value_of_a_field_is_too_much_for_the_form(shop: Biller, path: str, value: str) -> None:
    names = (*FIELDS, *BANK_FIELDS, "name", "number", "kind", "view", "remove_logo")
    for seen_too in ("{}", "[" * 2000, value):
        form = {"csrf": shop.csrf, "seen": seen_too, **dict.fromkeys(names, value)}
        body = urlencode(form, errors="surrogatepass")
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = shop.site.client.post(f"/staff{path}", content=body, headers=kind)
        assert answer.status_code < 500, answer.text


def test_an_admin_of_one_company_sees_and_changes_that_one_only(biller: Biller) -> None:
    make_two(biller)
    become(biller.site, Role.ADMIN)
    page = biller.get("/companies")
    assert not [secret for secret in SECRETS if secret in page]
    assert "/staff/companies/2" in page
    assert "/staff/companies/1" not in page
    assert "Add a company" not in page
    biller.get("/companies/2")
    biller.get("/companies/new", 403)
    biller.post("/companies/new", 403, name="Mine")
    before = company(biller).phone
    for path in ("", "/bank", "/bank/cancel", "/sender", "/stripe", "/preview", "/test"):
        form = {"csrf": biller.csrf, "phone": "1", "kind": "invoice", "bank_number": "66"}
        answer = biller.site.client.post(f"/staff/companies/1{path}", data=form, follow_redirects=False)
        assert answer.status_code in (403, 404), path
        assert not [secret for secret in SECRETS if secret in answer.text], path
    for path in ("", "/history", "/preview"):
        assert biller.site.client.get(f"/staff/companies/1{path}").status_code in (403, 404), path
    assert company(biller).phone == before


def test_an_admin_of_one_company_does_not_give_it_anothers_account_or_senders_domain(biller: Biller) -> None:
    make_two(biller)
    become(biller.site, Role.ADMIN)
    with biller.site.app.transaction() as session:
        session.get_one(Issuer, 2).stripe_account = ""
    for sure in ("", "yes"):
        page = biller.post("/companies/2/stripe", 422, account=" acct_sandbox", sure=sure)
        assert "belongs to another company" in page
    page = biller.post("/companies/2", 422, seen=seen(biller, 0, 2), email="us@southern-it.example")
    assert "another company sends from southern-it.example" in page
    tried = biller.post("/companies/2/test", 422, kind="invoice", email="us@southern-it.example")
    assert "another company sends from southern-it.example" in tried
    with biller.site.app.reading() as session:
        kept = session.get_one(Issuer, 2)
        assert (kept.stripe_account, kept.email) == ("", "b@northern.example")


def test_a_biller_reaches_no_companys_page(biller: Biller) -> None:
    make_two(biller)
    become(biller.site, Role.BILLER)
    for path in ("/companies", "/companies/2", "/companies/2/history", "/companies/2/preview"):
        biller.get(path, 403)
