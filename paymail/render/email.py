"""Emails from Jinja2 templates: a folder per kind with subject.txt, body.txt and body.html."""

import dataclasses
import re
from functools import lru_cache
from pathlib import Path

import jinja2

from paymail import i18n
from paymail.documents import colours
from paymail.emails import SAMPLES, Email
from paymail.emails.own_words import OwnWords
from paymail.ports.rendering import RenderedEmail
from paymail.render import bank_reasons, email_words, obstacle_words, own_words
from paymail.render.environment import equip
from paymail.render.errors import RenderFailed
from paymail.render.inline import inline_template

_PART = re.compile(r"<!-- part: (_parts/[a-z_.]+) -->")
"""Put in as text before the CSS is inlined; Jinja's include would come too late for that."""
_OWN_PREHEADER = "{{% if own.preheader %}}{{{{ own.preheader|bdi }}}}{{% else %}}{}{{% endif %}}"
_BLANK = re.compile(r"\n{3,}")
HARD_NAME = "{{ \u0645\u0643\u062a\u0628\u0629 }} <b>& " + "x" * 280
"""Of a customer, for texts that are to be saved: markup, another direction, and as long as a name can be."""
MOST_COMPILED = 64
"""Bodies that are kept compiled: one is some 100 kB."""


class JinjaEmailRenderer:
    """Implements `ports.EmailRenderer`. A template sees the dataclass, a company's own words as `own`, and
    nothing else.

    A body is compiled once for each direction and issuer's colour, since its CSS is inlined: some mail
    readers drop all else.
    """

    def __init__(self, templates: Path) -> None:
        loader = jinja2.FileSystemLoader(templates)
        self._text = _environment(loader, autoescape=False)
        self._html = _environment(loader, autoescape=True)
        self._body = lru_cache(maxsize=MOST_COMPILED)(self._compiled)

    def render(self, email: Email, words: OwnWords | None = None) -> RenderedEmail:
        """Render all three parts. Raises RenderFailed."""
        # Not `asdict`: it would take Money apart. The filters want the typed values.
        context = {field.name: getattr(email, field.name) for field in dataclasses.fields(email)}
        own, unworded = OwnWords(), ""
        try:
            own = own_words.filled(words or own, email)
        except own_words.UnusableWords as error:
            unworded = str(error)  # an email in paymail's words is better than none
        context["own"] = own
        subject = own.subject or self._part(f"{email.template}/subject.txt", context)
        text = self._part(f"{email.template}/body.txt", context)
        return RenderedEmail(
            subject=" ".join(subject.split()),
            text=_BLANK.sub("\n\n", text).strip() + "\n",
            html=self._part(f"{email.template}/body.html", context),
            unworded=unworded,
        )

    def faults(self, words: OwnWords, template: str, language: str) -> dict[str, str]:
        """Return why words cannot be those of a template folder in a language, by part; empty if they can."""
        if found := own_words.faults_of(words, template):
            return found
        sample = dataclasses.replace(SAMPLES[template], locale=language)
        for one in (sample, dataclasses.replace(sample, customer_name=HARD_NAME)):
            try:
                rendered = self.render(one, words)
            except RenderFailed as error:
                return {"opening": str(error)}
            if rendered.unworded:
                return {"opening": rendered.unworded}
        return {}

    def _part(self, name: str, context: dict[str, object]) -> str:
        try:
            return self._template(name, context).render(context)
        except (
            jinja2.TemplateError,
            TypeError,
            ValueError,
            LookupError,
            ArithmeticError,
            AttributeError,
        ) as error:
            raise RenderFailed(name, error) from None

    def _template(self, name: str, context: dict[str, object]) -> jinja2.Template:
        if not name.endswith(".html"):
            return self._text.get_template(name)
        # The style sheets are written with the default, and an issuer's own takes its place.
        legible = colours.legible(getattr(context.get("seller"), "colour", ""))
        return self._body(name, i18n.direction_of(str(context.get("locale", "en"))), legible)

    def _compiled(self, name: str, direction: str, colour: str) -> jinja2.Template:
        return self._html.from_string(inline_template(self._with_base(name, direction, colour), name))

    def _with_base(self, name: str, direction: str, colour: str) -> str:
        """Put a body into the base page as text, so that the whole page is inlined at once."""
        style = self._source("_base/style.css")
        if direction == "rtl":
            style += self._source("_base/style.rtl.css")
        preheader, _, rest = self._with_parts(name).rpartition("<!-- preheader ends -->")
        heading, _, content = rest.rpartition("<!-- heading ends -->")
        filled = {
            "/* style */": style.replace(colours.DEFAULT, colour),
            "/* screen */": self._source("_base/screen.css").replace(colours.DEFAULT, colour),
            "<!-- preheader -->": _OWN_PREHEADER.format(preheader.strip()),
            "<!-- heading -->": heading.strip(),
            "<!-- content -->": content.strip(),
        }
        page = self._source("_base/base.html")
        for place, text in filled.items():
            page = page.replace(place, text)
        return page

    def _with_parts(self, name: str) -> str:
        return _PART.sub(lambda part: self._with_parts(part[1]).strip(), self._source(name))

    def _source(self, name: str) -> str:
        loader = self._html.loader
        assert loader is not None  # noqa: S101 - given in __init__; this tells mypy
        return loader.get_source(self._html, name)[0]


def _environment(loader: jinja2.BaseLoader, *, autoescape: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=loader,
        autoescape=autoescape,  # noqa: S701 - off for plain text only
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    equip(environment)
    environment.filters.update(
        account=email_words.account,
        bank_reason=bank_reasons.reason,
        obstacle=obstacle_words.obstacle_words,
        logo_size=email_words.logo_size,
        times=email_words.times,
    )
    return environment
