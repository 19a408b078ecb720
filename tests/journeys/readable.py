"""What every page owes its readers: it fits the screen, and axe finds nothing serious in it."""

from playwright.sync_api import Page

from tests.conftest import ROOT

AXE = (ROOT / "tests" / "data" / "axe" / "axe.min.js").read_text()
WIDTHS = (390, 1280)


def check_fits(page: Page, *more: int) -> None:
    """Nothing has to be scrolled sideways, on a telephone or a desk; nor at `more` widths."""
    # A heading can be there before the style sheet is.
    page.wait_for_load_state()
    for width in (*WIDTHS, *more):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def check_readable(page: Page, *, flawless: bool = False) -> None:
    """Nothing serious or critical is found by axe, in light or dark; nothing at all where the page is to be
    `flawless`. The card form's frame is Stripe's."""
    page.evaluate(AXE)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = page.evaluate("axe.run(document, {iframes: false, resultTypes: ['violations']})")
        assert found["passes"]
        faults = found["violations"]
        grave = [one for one in faults if flawless or one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in grave] == []
