"""The words in templates and code against the catalogs: what the tests ask, and a tool for authors.

`python -m tests.catalogs` gives each catalog an empty entry for a new text, drops those of gone texts, and
says how many are left to translate.
"""

import io
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import jinja2
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from paymail.i18n import CATALOGS, LANGUAGES
from paymail.render.environment import equip
from paymail.wiring import TEMPLATES
from tests.conftest import ROOT

PAGES = ROOT / "paymail" / "web" / "templates"
TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
_PLURALS = {
    "de": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "ja": "nplurals=1; plural=0;",
    # zero, one, two, few (3-10), many (11-99), other (100-102, 200-202 ...): GNU gettext's order
    "ar": "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 "
    ": n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);",
}
_HEADER = """# Words of paymail's emails, documents and pages: docs/languages.md says how to change them.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""


def used() -> Catalog:
    """Return every text that a template or a module of paymail wants translated."""
    found = Catalog()
    for context, ids in (*_in_templates(), *_in_code()):
        found.add(ids if isinstance(ids, str) or len(ids) > 1 else ids[0], context=context)
    return found


def _in_templates() -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    for folder in (TEMPLATES, PAGES):
        yield from texts_below(folder)


def texts_below(folder: Path) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """Yield the context and the forms of each text in the templates of a folder."""
    environment = jinja2.Environment(autoescape=True)
    equip(environment)
    for file in sorted(folder.rglob("*.*")):
        for _, name, found in environment.extract_translations(file.read_text()):  # type: ignore[attr-defined]
            given = found if isinstance(found, tuple) else (found,)
            texts = tuple(text for text in given if text is not None)
            context = texts[0] if "pgettext" in name else None
            yield context, texts[1:] if context is not None else texts


def narrow() -> frozenset[str]:
    """Return the texts of buttons, heads of tables and subjects; of two forms the plural."""
    heads = re.compile(r"<(th|button)\b.*?</\1>", re.DOTALL)
    bodies = [
        found[0]
        for folder in (TEMPLATES, PAGES)
        for file in folder.rglob("*.html")
        for found in heads.finditer(file.read_text())
    ]
    bodies += [file.read_text() for file in TEMPLATES.rglob("subject.txt")]
    environment = jinja2.Environment(autoescape=True)
    equip(environment)
    texts: set[str] = set()
    for expression in re.findall(r"\{\{.*?\}\}", "".join(bodies), re.DOTALL):
        for _, _, found in environment.extract_translations(expression):  # type: ignore[attr-defined]
            given = found if isinstance(found, tuple) else (found,)
            texts.add([text for text in given if text is not None][-1])
    return frozenset(texts)


def width(text: str) -> int:
    """Return how many columns a text takes: two for a full-width character, none for a mark."""
    letters = (letter for letter in text if not unicodedata.combining(letter))
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in letters)


def _in_code() -> Iterator[tuple[str | None, str | tuple[str, ...]]]:
    keywords = {"gettext": None, "ngettext": (1, 2), "marked": None}
    for file in sorted((ROOT / "paymail").rglob("*.py")):
        for _, ids, _, _ in extract("python", io.BytesIO(file.read_bytes()), keywords):
            yield None, ids


def catalog(language: str) -> Catalog:
    """Return a language's catalog; an empty one where there is no file yet."""
    path = CATALOGS / language / "LC_MESSAGES" / "paymail.po"
    text = path.read_text() if path.exists() else ""
    header = "" if text else _HEADER.format(language=language, plurals=_PLURALS[language])
    return read_po(io.StringIO(header + text), locale=language, abort_invalid=True)


def written(language: str, words: Catalog) -> str:
    """Return a catalog as its file has it: sorted, and without places and dates, which change."""
    body = io.BytesIO()
    write_po(body, words, width=0, omit_header=True, no_location=True, sort_output=True, ignore_obsolete=True)
    return _HEADER.format(language=language, plurals=_PLURALS[language]) + body.getvalue().decode().lstrip()


def entries(words: Catalog) -> dict[tuple[str | None, str], Message]:
    """Return the messages but for the header, by context and (singular) id."""
    return {
        (message.context, message.id if isinstance(message.id, str) else message.id[0]): message
        for message in words
        if message.id
    }


def update() -> None:
    """Bring every catalog's file up to what is used."""
    for language in TRANSLATED:
        words = catalog(language)
        words.update(used(), no_fuzzy_matching=True)
        path = CATALOGS / language / "LC_MESSAGES" / "paymail.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(written(language, words))
        empty = [message.id for message in entries(words).values() if not all(strings(message))]
        print(f"{language}: {len(words)} texts, {len(empty)} to translate")


def strings(message: Message) -> tuple[str, ...]:
    """Return a message's translations: one, or one for each plural form; empty strings where it has none."""
    found = message.string or ""
    return (found,) if isinstance(found, str) else tuple(text or "" for text in found)


if __name__ == "__main__":
    update()
