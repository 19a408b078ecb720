"""The user guide that the product serves itself: those pages of `docs/` that are for staff, as HTML."""

import posixpath
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from paymail import top_folder

LISTED = Path(__file__).resolve().parents[1] / "help_pages.txt"
"""The pages, in the order of the index; `setup.py` puts these and no others into a wheel."""
HERE = "/staff/help"


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page: its title, its HTML without that, and its headings as (level, anchor, text)."""

    title: str
    html: str
    headings: tuple[tuple[int, str, str], ...]

    @property
    def anchors(self) -> frozenset[str]:
        """The anchors that a link may lead to."""
        return frozenset(anchor for _, anchor, _ in self.headings)


@lru_cache(maxsize=1)
def pages() -> Mapping[str, str]:
    """Return the files of the guide, below `docs/`, by the name of the page."""
    return {Path(file).stem: file for file in LISTED.read_text().split()}


@lru_cache(maxsize=64)
def page(name: str) -> HelpPage | None:
    """Return a page of the guide; None if there is no such page."""
    file = pages().get(name)
    if file is None:
        return None
    tokens = _MARKDOWN.parse((top_folder("docs") / file).read_text(encoding="utf-8"))
    headings = _name_headings(tokens)
    tokens = _without_pictures(tokens)
    for token in tokens:
        token.children = _linked(token.children, file) if token.children else token.children
    title, tokens = tokens[1], tokens[3:]  # a page begins with its title
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return HelpPage(title.content.replace("`", ""), html, tuple(headings))


def _name_headings(tokens: Sequence[Token]) -> list[tuple[int, str, str]]:
    """Give each heading an anchor, made as the documentation site makes it; return them."""
    found: list[tuple[int, str, str]] = []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            text = "".join(one.content for one in tokens[at + 1].children or [])
            same, anchor, number = {one[1] for one in found}, _slug(text), 0
            while anchor in same:
                number += 1
                anchor = f"{_slug(text)}_{number}"
            token.attrSet("id", anchor)
            found.append((int(token.tag[1]), anchor, text))
    return found


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def _without_pictures(tokens: Sequence[Token]) -> list[Token]:
    """Leave out the paragraphs that are a picture: pictures of the pages help nobody who sees the pages."""
    kept: list[Token] = []
    skipped = False
    for at, token in enumerate(tokens):
        if token.type == "paragraph_open":
            inside = tokens[at + 1].children or []
            skipped = bool(inside) and all(one.type == "image" for one in inside)
        if not skipped:
            kept.append(token)
        if token.type == "paragraph_close":
            skipped = False
    return kept


def _linked(tokens: Sequence[Token], file: str) -> list[Token]:
    """Lead links to pages of the guide there; of a link to any other page only the words stay."""
    kept: list[Token] = []
    dropped = False
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrGet("href") or ""), file)
            dropped = not address
            token.attrSet("href", address)
            if address.startswith("https://"):
                token.attrSet("rel", "noopener noreferrer")
        if not (dropped and token.type in ("link_open", "link_close")) and token.type != "image":
            kept.append(token)
        if token.type == "link_close":
            dropped = False
    return kept


def _address(given: str, file: str) -> str:
    """Return where a link of a page leads; empty if that is no page of the guide."""
    parts = urlsplit(given)
    if parts.scheme == "https":
        return given
    if parts.scheme or parts.netloc:
        return ""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), parts.path)) if parts.path else file
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    return f"{HERE}/{Path(target).stem}{anchor}" if target in pages().values() else ""


class _Renderer(RendererHTML):
    """Tables and commands may be wider than a telephone: they scroll by themselves, by keyboard too."""

    def table_open(self, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType) -> str:
        """Return the beginning of a table."""
        return '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>'

    def table_close(self, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType) -> str:
        """Return the end of a table."""
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Return a block of commands."""
        return super().fence(tokens, idx, options, env).replace("<pre>", '<pre tabindex="0">', 1)

    def th_open(self, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType) -> str:
        """Return the beginning of a head of a column; without the style of how it is aligned."""
        return '<th scope="col">' if tokens[at + 1].content else "<td>"

    def th_close(self, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType) -> str:
        """Return the end of a head of a column."""
        return "</th>" if tokens[at - 1].content else "</td>"

    def td_open(self, _tokens: Sequence[Token], _at: int, _options: OptionsDict, _env: EnvType) -> str:
        """Return the beginning of a cell; without the style of how it is aligned."""
        return "<td>"


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
