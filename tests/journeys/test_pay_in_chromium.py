"""A customer in a real browser: email, click, decline, challenge, pay, receipt, under the served CSP."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Up, fill_card, wait_for


def opened(browser: Browser, running: Up, number: int) -> Page:
    """Return the pay page, its form ready, as a customer's click on the email's link opens it."""
    page = browser.new_page()
    page.goto(running.link_of(number))
    expect(page.locator("#submit")).to_be_enabled(timeout=45_000)
    return page


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_breaks_no_policy(browser: Browser, running: Up, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(running.link_of(500))
    expect(page.get_by_role("heading", name="Invoice #500")).to_be_visible()
    for words in (
        "Southern IT Services Pty Ltd",
        "Subtotal (ex GST)",
        "GST (10%)",
        "AUD $550.00",
        "Issue date",
    ):
        expect(page.get_by_text(words).first).to_be_visible()
    expect(page.locator("#submit")).to_be_enabled(timeout=45_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert faults == []
    page.close()


def test_a_decline_is_explained_then_a_good_card_pays(browser: Browser, running: Up) -> None:
    page = opened(browser, running, 502)
    fill_card(page, "4000000000000002")
    page.locator("#submit").click()
    expect(page.locator("#message")).to_contain_text("declined", timeout=45_000)
    fill_card(page, "4242424242424242")
    page.locator("#submit").click()
    expect(page.get_by_text("Thank you, your payment has arrived")).to_be_visible(timeout=45_000)
    wait_for(lambda: running.receipts(502))
    (receipt,) = running.receipts(502)
    invoice = next(m for m in running.mails() if m.subject.startswith("Invoice #502 "))
    headers = dict(receipt.headers)
    assert headers["In-Reply-To"] == headers["References"] == dict(invoice.headers)["Message-ID"]
    assert {part.content_type for part in receipt.attachments} == {"application/pdf"}
    page.reload()
    expect(page.get_by_text("This invoice is paid")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(r"^Receipt R-\d+ as PDF$"))).to_be_visible()
    page.close()


def test_the_challenge_can_be_failed_and_passed(browser: Browser, running: Up) -> None:
    page = opened(browser, running, 501)
    for button in ("fail", "complete"):
        fill_card(page, "4000002500003155")
        page.locator("#submit").click()
        frame = page.frame_locator("iframe[title^=Authenticate]")
        frame.get_by_role("button", name=re.compile(button, re.I)).first.click(timeout=45_000)
        if button == "fail":
            expect(page.locator("#message")).to_contain_text("authenticate", timeout=45_000)
    expect(page.get_by_text("Thank you, your payment has arrived")).to_be_visible(timeout=45_000)
    page.close()


def test_a_tab_closed_at_once_is_settled_by_the_webhook(browser: Browser, running: Up) -> None:
    running.command("invoices", "send", "498")
    page = opened(browser, running, 498)
    # The customer's confirmation never arrives, as when the tab is closed the moment Stripe has the money.
    page.route("**/confirm-payment", lambda route: route.abort())
    fill_card(page, "4242424242424242")
    with page.expect_request("**/confirm-payment", timeout=45_000):
        page.locator("#submit").click()
    page.close()
    wait_for(lambda: running.receipts(498))
    again = browser.new_page()
    again.goto(running.link_of(498))
    expect(again.get_by_text("This invoice is paid")).to_be_visible()
    again.close()
    assert len(running.receipts(498)) == 1


def test_staff_see_send_and_read(browser: Browser, running: Up) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    words = running.out.read_text()
    found = re.search(r"\((\S+), password (\S+)\)", words)
    assert found is not None
    page.goto(f"{running.url}/staff/")
    page.get_by_label("Email").fill(found[1])
    page.get_by_label("Password").fill(found[2])
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{running.url}/staff/invoices/497")
    page.get_by_role("button", name="Send invoice email").click()
    expect(page.locator("#flash")).to_contain_text("on its way")
    wait_for(lambda: any(m.subject.startswith("Invoice #497 ") for m in running.mails()))
    page.goto(f"{running.url}/staff/messages")
    expect(page.get_by_role("link", name="#497")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()
