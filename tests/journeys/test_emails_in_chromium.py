"""Emails as a telephone shows them."""

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from paymail.emails import SAMPLES
from tests.journeys.readable import check_readable
from tests.render.sent_bytes import sent

NARROWEST, USUAL = 320, 390
FOLD = 340
"""Pixels from the top within which the button of an invoice has to end on a telephone."""


@pytest.mark.parametrize(
    ("kind", "locale"), [("invoice", "en-AU"), ("invoice", "ar"), ("plan", "de"), ("receipt", "ja")]
)
def test_an_email_fits_a_telephone_and_can_be_read_in_light_and_dark(
    browser: Browser, tmp_path: Path, kind: str, locale: str
) -> None:
    file = tmp_path / "email.html"
    file.write_text(sent(replace(SAMPLES[kind], locale=locale)).html, encoding="utf-8")
    with browser.new_page(viewport={"width": USUAL, "height": 844}) as page:
        page.goto(file.as_uri())
        for width in (NARROWEST, USUAL):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        if kind == "invoice":
            bottom = "document.querySelector('.pay-button').getBoundingClientRect().bottom"
            assert page.evaluate(bottom) <= FOLD
        check_readable(page)
