"""A company's own words: which texts it may have, and how they are filled in with an email's values.

What is typed on a page becomes a template, so it is hostile: a text may hold words and single names of the
email's allow-list, nothing else of Jinja's language, and is filled in by a sandbox all the same.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from paymail.emails import Email
from paymail.emails.own_words import PARTS, PLACEHOLDERS, OwnWords, own_words_hold
from paymail.errors import InvalidInput
from paymail.money import Money
from paymail.render import formats

LONGEST: Final = {"subject": 150, "preheader": 150, "opening": 2000, "closing": 1000}
"""Characters of each part."""
MOST_PLACEHOLDERS = 20
_ONE_LINE = ("subject", "preheader")
_ADDRESSES = ("://", "www.", "/pay/")
_JOINERS = "\u200c\u200d"
"""Invisible, but parts of words and of emoji."""

_ENVIRONMENT = ImmutableSandboxedEnvironment(
    autoescape=False,  # plain text; the email's templates escape what is put into them
    undefined=jinja2.StrictUndefined,
    keep_trailing_newline=True,
)


class UnusableWords(InvalidInput):
    """A company's own text cannot stand in an email."""

    code = "unusable_words"


def filled(words: OwnWords, email: Email) -> OwnWords:
    """Return the words with the values of an email; parts that could be untrue of it are empty.

    Raises UnusableWords for what could not be saved today.
    """
    allowed = PLACEHOLDERS.get(email.template)
    if allowed is None:
        return OwnWords()
    holds = own_words_hold(email)
    values = {name: _written(getattr(email, field), email.locale) for name, field in allowed.items()}
    said = {}
    for part, text in words.parts.items():
        check(part, text, allowed)
        said[part] = _fill(text, values) if holds or part == "closing" else ""
    return OwnWords(**said)


def check(part: str, text: str, allowed: Mapping[str, str]) -> None:
    """Refuse what cannot be a part of an email. `allowed` are the placeholders. Raises UnusableWords."""
    if len(text) > LONGEST[part]:
        raise UnusableWords(f"at most {LONGEST[part]} characters are allowed; these are {len(text)}")
    _refuse_characters(part, text)
    if any(sign in text.casefold() for sign in _ADDRESSES):
        raise UnusableWords(
            "a web address cannot be part of the words: customers are to trust the pay button alone."
            " Your website is a setting of the company and stands at the foot of each email"
        )
    names = _names(text)
    if len(names) > MOST_PLACEHOLDERS:
        raise UnusableWords(f"at most {MOST_PLACEHOLDERS} placeholders are allowed")
    for name in names:
        if name not in allowed:
            raise UnusableWords(_unknown(name, allowed))


def _refuse_characters(part: str, text: str) -> None:
    if part in _ONE_LINE and ("\n" in text or "\r" in text):
        raise UnusableWords("this must be one line")
    for c in text:
        if (unicodedata.category(c)[0] == "C" and c != "\n" and c not in _JOINERS) or c in "\u2028\u2029":
            raise UnusableWords(f"the invisible character U+{ord(c):04X} is not allowed; delete it")


def _names(text: str) -> list[str]:
    """Return the names between double braces. Raises UnusableWords for all else that a template could do."""
    found: list[str] = []
    try:
        inside: list[str] | None = None
        for _line, kind, value in _ENVIRONMENT.lex(text):
            if kind == "variable_begin":
                inside = []
            elif kind == "variable_end" and inside is not None and len(inside) == 1:
                found += inside
                inside = None
            elif kind == "name" and inside is not None:
                inside.append(value)
            elif not (kind == "whitespace" or (kind == "data" and not set("{}") & set(value))):
                raise UnusableWords(_BRACES)
    except jinja2.TemplateSyntaxError:
        raise UnusableWords(_BRACES) from None
    if inside is not None:
        raise UnusableWords(_BRACES)
    return found


_BRACES = "braces are only for placeholders, one name each, such as {{ customer_name }}"


def _unknown(name: str, allowed: Mapping[str, str]) -> str:
    near = get_close_matches(name, allowed, n=1, cutoff=0.5)
    hint = f"the nearest is {{{{ {near[0]} }}}}" if near else f"there are {', '.join(sorted(allowed))}"
    return f"{{{{ {name[:40]} }}}} is not a placeholder of this email; {hint}"


@lru_cache(maxsize=256)
def _compiled(text: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(text)


def _fill(text: str, values: Mapping[str, str]) -> str:
    try:
        return _compiled(text).render(values)
    except jinja2.TemplateError as error:
        raise UnusableWords(str(error)[:200]) from None


def _written(value: object, tag: str) -> str:
    if isinstance(value, Money):
        return formats.money(value, tag)
    if isinstance(value, date):
        return formats.long_date(value, tag)
    return formats.apart(str(value), tag)


def faults_of(words: OwnWords, template: str) -> dict[str, str]:
    """Return why words cannot be saved for a template folder, by part; empty if they can."""
    allowed = PLACEHOLDERS[template]
    found: dict[str, str] = {}
    for part in PARTS:
        try:
            check(part, getattr(words, part), allowed)
        except UnusableWords as error:
            found[part] = str(error)
    return found
