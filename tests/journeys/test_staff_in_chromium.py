"""Staff in a real browser: schedule, foresee, preview, send now, and find it in the mailbox."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from paymail.documents import colours
from tests.conftest import ROOT
from tests.journeys.conftest import Up, logged_in, quiet_page, wait_for
from tests.journeys.readable import check_fits, check_readable

WIDTHS = (1280, 390)
EXAMPLE = ROOT / "paymail" / "web" / "static" / "import_example.csv"
PAGES = ("", "invoices", "invoices?q=nobody&overdue=any", "acts/void?payment=owed",
         "invoices/490", "invoices/new", "imports", "imports/1", "messages", "messages/1",
         "messages/1/preview", "forecast?days=30", "bulk", "bulk/new?payment=unpaid", "reminders",
         "mailbox", "customers", "customers/1", "customers/1/statement", "unknown", "suppressions",
         "events", "reconciliation", "exports", "people", "audit", "account", "keys", "start",
         "companies", "companies/1", "companies/new", "companies/1/history", "help",
         "companies/1/wording", "companies/1/wording/reminder_firm/de",
         "help/security", "help/your-first-month")  # fmt: skip


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`paymail up` with its sample."""
    found = Up(tmp_path_factory.mktemp("up"))
    try:
        yield found.wait()
    finally:
        found.stop()


@pytest.fixture(scope="module")
def staff(browser: Browser, up: Up) -> Iterator[BrowserContext]:
    """A browser that is logged in as staff."""
    login = re.search(r"\((\S+), password (\S+)\)", up.out.read_text())
    assert login is not None
    found = logged_in(browser, up.url, login[1], login[2])
    yield found
    found.close()


@pytest.fixture
def page(staff: BrowserContext) -> Iterator[Page]:
    """A page of staff; nothing may break the policy that is served."""
    with quiet_page(staff) as found:
        yield found


def test_an_email_is_scheduled_foreseen_previewed_and_sent_at_once(page: Page, up: Up) -> None:
    page.goto(f"{up.url}/staff/invoices/497")
    page.get_by_label("Next business morning").check()
    page.get_by_role("button", name="Send invoice email").click()
    expect(page.get_by_text("scheduled").first).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Emails").click()
    page.get_by_role("link", name="Going out").click()
    page.get_by_role("link", name="7 days", exact=True).click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="#497", exact=True))
    row = row.filter(has=page.get_by_role("cell", name="Invoice", exact=True))  # a reminder of it follows
    expect(row).to_contain_text("09:00 AE")
    row.get_by_role("link", name="#497").click()
    page.get_by_role("link", name=re.compile("Preview of message")).click()
    expect(page.get_by_text("Exactly as it will be sent")).to_be_visible()
    frame = page.frame_locator("iframe.mail")
    expect(frame.get_by_text("#497").first).to_be_visible()
    page.get_by_role("link", name=re.compile(r"^Message \d+$")).click()
    page.get_by_label("Now").check()
    page.get_by_role("button", name="Reschedule").click()
    wait_for(lambda: any(m.subject.startswith("Invoice #497 ") for m in up.mails()))
    page.get_by_role("link", name="Mailbox").click()
    expect(page.get_by_role("link", name=re.compile("^Invoice #497 "))).to_be_visible()
    page.goto(f"{up.url}/staff/invoices/497")
    expect(page.get_by_text("email rescheduled")).to_be_visible()


def test_the_sums_of_a_draft_follow_what_is_typed_and_are_those_of_the_server(page: Page, up: Up) -> None:
    page.goto(f"{up.url}/staff/invoices/new?from=497")
    name, email = page.locator("#customer"), page.locator("#email")
    theirs, address = name.input_value(), email.input_value()
    name.fill("Somebody else")
    expect(email).to_have_value("")
    name.fill(theirs)
    expect(email).to_have_value(address)
    page.get_by_label("Quantity of line 1").fill("3.5")
    page.get_by_label("Unit price of line 1").fill("33.335")
    page.get_by_role("button", name="More lines").click()
    page.keyboard.type("Cabling, per metre")
    last = page.locator("#draft tbody tr").last
    last.get_by_label(re.compile("^Quantity")).fill("-2")
    last.get_by_label(re.compile("^Unit price")).fill("3.3625")
    expect(last.locator("[data-amount]")).to_have_text("-6.73")
    total = page.locator("#total").inner_text()
    assert float(total) > 100
    page.get_by_role("button", name="Save draft").last.click()
    expect(page.locator("#flash")).to_contain_text("The draft is saved.")
    expect(page.locator("#document .grand dd")).to_contain_text(f"{float(total):,.2f}")


def test_a_bulk_send_is_counted_started_and_finished(page: Page, up: Up) -> None:
    page.goto(f"{up.url}/staff/invoices?company=1&currency=NZD&payment=owed")
    page.get_by_role("checkbox", name=re.compile("^Pick all")).check()
    page.get_by_role("button", name="Email").click()
    expect(page.get_by_role("heading", name=re.compile(r"Send \d+ invoices\?"))).to_be_visible()
    page.get_by_label("Emails per minute").fill("ses")
    page.get_by_role("button", name=re.compile(r"^Send \d+$")).click()
    expect(page.get_by_text("840 a minute")).to_be_visible()

    def finished() -> bool:
        page.get_by_role("link", name="Refresh").click()
        return page.get_by_text("Finished", exact=True).count() == 1

    wait_for(finished)


def test_a_transfer_is_recorded_by_keyboard_and_a_part_of_it_goes_back(page: Page, up: Up) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{up.url}/staff/invoices/498")
    block = page.locator("#money")
    block.locator("summary", has_text="Record a payment").focus()
    page.keyboard.press("Enter")
    for _ in range(6):  # amount, way, then month, day and year, and the calendar's button
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(block.get_by_label("Reference")).to_be_focused()
    page.keyboard.type("INV 498")
    page.keyboard.press("Enter")
    expect(block.get_by_role("cell", name="INV 498")).to_be_visible()
    expect(block.get_by_role("link", name=re.compile("^R-0.* as PDF$"))).to_be_visible()
    block.get_by_text("Refund payment").first.click()
    form = block.locator("details[open]")
    form.get_by_label("Amount in").fill("1.00")
    form.get_by_label("Yes, refund this amount").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    form.get_by_role("button").click()
    expect(block.get_by_role("link", name=re.compile("^CN-0.* as PDF$"))).to_be_visible()


def test_the_example_file_is_checked_imported_and_leads_to_its_emails(page: Page, up: Up) -> None:
    page.goto(f"{up.url}/staff/imports")
    page.get_by_label("Company", exact=True).select_option("1")
    page.get_by_label("Drop the file").set_input_files(EXAMPLE)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("Nothing is imported yet")).to_be_visible()
    check_fits(page)
    check_readable(page, flawless=True)
    page.get_by_role("button", name="Import 2 invoices").click()
    expect(page.get_by_text("2 new, 0 changed, 0 already here")).to_be_visible()
    page.get_by_role("link", name="Email this batch").click()
    expect(page.get_by_role("heading", name="Send 2 invoices?")).to_be_visible()


def test_what_is_typed_on_a_companys_page_is_previewed_and_sent_as_a_test(page: Page, up: Up) -> None:
    page.goto(f"{up.url}/staff/companies/1")
    page.get_by_label("Footer").fill("A footer that is not saved")
    page.get_by_label("Show").select_option("Reminder: friendly")
    page.get_by_role("button", name="Preview").click()
    frame = page.frame_locator("iframe[name=preview]")
    expect(frame.get_by_text("A footer that is not saved")).to_be_visible()
    page.get_by_role("button", name="Send me a test").click()
    expect(frame.get_by_text("Sent to ")).to_be_visible()
    assert any(mail.subject.startswith("Test: ") for mail in up.mails())
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="A footer that is not saved")).to_be_visible()


def test_a_faulty_row_is_corrected_where_it_is_shown(page: Page, up: Up) -> None:
    sound = EXAMPLE.read_text().splitlines()
    faulty = [sound[0], sound[1].replace(re.findall(r"\d{4}-\d{2}-\d{2}", sound[1])[1], "soon")]
    page.goto(f"{up.url}/staff/imports")
    page.get_by_label("Company", exact=True).select_option("1")
    content = "\n".join([*faulty, ""]).encode()
    page.get_by_label("Drop the file").set_input_files(
        {"name": "faulty.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("link", name="Correct line 2").click()
    page.set_viewport_size({"width": 390, "height": 900})
    check_fits(page)
    check_readable(page, flawless=True)
    page.locator("[aria-invalid=true]").fill("2099-01-31")
    page.get_by_role("button", name="Correct and check again").click()
    expect(page.get_by_text("1 cell of this file is corrected here.")).to_be_visible()
    page.get_by_role("button", name="Remove the file").click()


@pytest.mark.parametrize(
    "colour", ["#ffcc00", "#2563eb", "#808080", "#777777", "#000000", "#ffffff", "#0a8f00"]
)
def test_a_colour_is_told_while_it_is_chosen_as_the_server_tells_it(page: Page, up: Up, colour: str) -> None:
    page.goto(f"{up.url}/staff/companies/1")
    expect(page.get_by_role("button", name="Check", exact=True)).to_be_hidden()
    page.locator("#colour").fill(colour)
    told = page.locator("#colour-told").inner_text()
    assert f"{colours.contrast_with_white(colour):.1f} to 1" in told
    assert (colours.legible(colour) in told) == (colours.legible(colour) != colour)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_fits_the_screen_and_names_its_controls(page: Page, up: Up, path: str, width: int) -> None:
    wait_for(up.mails)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{up.url}/staff/{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
            .filter(e => !e.labels?.length && !e.ariaLabel).map(e => e.name)"""
    )
    assert nameless == []
    unlabelled = page.evaluate(
        "() => [...document.querySelectorAll('th')].filter(e => !e.scope || !e.textContent.trim()).length"
    )
    assert unlabelled == 0
    if width == WIDTHS[0]:
        check_readable(page, flawless=True)


def test_a_form_is_reached_and_sent_by_keyboard_alone(page: Page, up: Up) -> None:
    page.goto(f"{up.url}/staff/messages")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.locator("summary", has_text="Address").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Address", exact=True).focus()
    page.keyboard.type("nobody@nowhere")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No emails match.")).to_be_visible()
