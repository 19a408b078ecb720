"""The user guide on the staff pages: each page leads to its section, and no link of it leads nowhere."""

import re

import pytest

from paymail.models import Role
from paymail.web.staff.help_links import SECTIONS, help_of
from paymail.web.staff.help_pages import HERE, page, pages
from tests.structure.test_routes import staff_pages
from tests.web.conftest import Biller
from tests.web.two_issuers import become

INTERNAL = re.compile(r'href="(/[^"]*)"')
WITHOUT_SHELL = re.compile(r"/(login|password)|\.(csv|svg|pdf|png|eml|html)$|/(copy|pdf|raw|html|text)$")


def exists(address: str) -> bool:
    name, _, anchor = address.removeprefix(f"{HERE}/").partition("#")
    found = page(name)
    return found is not None and (not anchor or anchor in found.anchors)


def test_every_staff_page_has_a_section_that_exists(biller: Biller) -> None:
    shown = [path for path in staff_pages(biller.site) if not WITHOUT_SHELL.search(path)]
    assert len(shown) > 30
    lost = {path: help_of(path) for path in shown if help_of(path) == HERE or not exists(help_of(path))}
    assert lost == {}
    assert [one for one in SECTIONS.values() if not exists(f"{HERE}/{one}")] == []


@pytest.mark.parametrize("name", pages())
def test_no_link_of_the_guide_leads_nowhere_and_no_raw_html_gets_through(name: str) -> None:
    found = page(name)
    assert found is not None
    assert [link for link in INTERNAL.findall(found.html) if not exists(link)] == []
    assert (
        re.search(r"<(script|style|img|iframe)|style=|href=\"(?!/staff/help/|https://)", found.html) is None
    )
    assert len(found.anchors) == len(found.headings)


def test_the_guide_is_shown_with_what_stands_around_every_page(biller: Biller) -> None:
    assert '<a href="/staff/help/security">' in biller.get("/help")
    shown = biller.get("/help/security")
    assert '<h2 id="audit-log">' in shown
    assert "paymail audit list" in shown
    assert f'href="{HERE}/security#audit-log"' in biller.get("/audit")
    for name in ("architecture", "..%2Farchitecture", "nonsense", "staff-pages.md"):
        biller.get(f"/help/{name}", 404)


def test_everybody_reads_it_whatever_their_role(biller: Biller) -> None:
    biller.site.invoice()
    become(biller.site, Role.VIEWER, 1)
    biller.get("/help/money")
