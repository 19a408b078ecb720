"""Every relative link of the written pages leads to a file, and to a heading where it names one."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown import Markdown

from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


@cache
def html(page: Path) -> str:
    """Return a page as the site reads it: the headings' ids are those that links name."""
    reader = Markdown(extensions=["toc", "tables", "attr_list", "md_in_html", "pymdownx.superfences"])
    return reader.convert(page.read_text())


def links(page: Path) -> list[str]:
    found = re.findall(r'<(?:a|img)\b[^>]*?\b(?:href|src)="([^"]*)"', html(page))
    return [link for link in found if not ELSEWHERE.match(link)]


def fault(page: Path, link: str) -> str:
    """Return what is wrong with a link, or an empty text."""
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return f"{link}: there is no such file"
    if anchor and f'id="{anchor}"' not in html(target):
        return f"{link}: {target.name} has no such heading"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [found for link in links(page) if (found := fault(page, link))] == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Title\n\n[a](#title) [b](#nowhere) [c](gone.md) [d](page.md#title) ![e](no.png)\n")
    assert [link for link in links(page) if fault(page, link)] == ["#nowhere", "gone.md", "no.png"]
