"""Emails from Jinja2 templates: a folder per kind with subject.txt, body.txt and body.html."""

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

import jinja2

from paymail.emails import Email
from paymail.ports import RenderedEmail
from paymail.render import formats
from paymail.render.failure import RenderFailed
from paymail.render.inline import inline_template

_PART = re.compile(r"<!-- part: (_parts/[a-z_.]+) -->")
"""Put in as text before the CSS is inlined; Jinja's include would come too late for that."""


class JinjaEmailRenderer:
    """Implements `ports.EmailRenderer`. A template sees the dataclass and nothing else."""

    def __init__(self, templates: Path) -> None:
        loader = jinja2.FileSystemLoader(templates)
        self._text = _environment(loader, autoescape=False)
        self._html = _environment(loader, autoescape=True)
        self._bodies: dict[str, jinja2.Template] = {}

    def render(self, email: Email) -> RenderedEmail:
        """Render all three parts. Raises RenderFailed."""
        # Not `asdict`: it would take Money apart. The filters want the typed values.
        context = {field.name: getattr(email, field.name) for field in dataclasses.fields(email)}
        subject = self._part(f"{email.template}/subject.txt", self._text.get_template, context)
        return RenderedEmail(
            subject=" ".join(subject.split()),
            text=self._part(f"{email.template}/body.txt", self._text.get_template, context).strip() + "\n",
            html=self._part(f"{email.template}/body.html", self._inlined, context),
        )

    def _part(
        self, name: str, get_template: Callable[[str], jinja2.Template], context: dict[str, object]
    ) -> str:
        try:
            return get_template(name).render(context)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise RenderFailed(name, error) from None

    def _inlined(self, name: str) -> jinja2.Template:
        if name not in self._bodies:
            source = self._with_base(name)
            self._bodies[name] = self._html.from_string(inline_template(source, name))
        return self._bodies[name]

    def _with_base(self, name: str) -> str:
        """Put a body into the base page as text, so that the whole page is inlined at once."""
        loader = self._html.loader
        assert loader is not None  # noqa: S101 - given in __init__; this tells mypy
        base, _, _ = loader.get_source(self._html, "_base/base.html")
        style, _, _ = loader.get_source(self._html, "_base/style.css")
        body, _, _ = loader.get_source(self._html, name)
        body = _PART.sub(lambda part: loader.get_source(self._html, part[1])[0].strip(), body)
        preheader, _, content = body.partition("<!-- preheader ends -->")
        page = base.replace("/* style */", style).replace("<!-- preheader -->", preheader.strip())
        return page.replace("<!-- content -->", content.strip())


def _environment(loader: jinja2.BaseLoader, *, autoescape: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=loader,
        autoescape=autoescape,  # noqa: S701 - off for plain text only
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        money=formats.money, date=formats.long_date, qty=formats.quantity, rate=formats.rate
    )
    environment.filters["direction"] = lambda tag: formats.locale_of(tag).text_direction
    return environment
