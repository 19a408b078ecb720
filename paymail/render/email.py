"""Emails from Jinja2 templates: a folder per kind with subject.txt, body.txt and body.html."""

import dataclasses
import re
from pathlib import Path

import jinja2

from paymail import i18n
from paymail.emails import Email
from paymail.ports.rendering import RenderedEmail
from paymail.render.environment import equip
from paymail.render.errors import RenderFailed
from paymail.render.inline import inline_template

_PART = re.compile(r"<!-- part: (_parts/[a-z_.]+) -->")
"""Put in as text before the CSS is inlined; Jinja's include would come too late for that."""


class JinjaEmailRenderer:
    """Implements `ports.EmailRenderer`. A template sees the dataclass and nothing else.

    A body is compiled once for each direction, since its CSS is inlined: some mail readers drop all else.
    """

    def __init__(self, templates: Path) -> None:
        loader = jinja2.FileSystemLoader(templates)
        self._text = _environment(loader, autoescape=False)
        self._html = _environment(loader, autoescape=True)
        self._bodies: dict[tuple[str, str], jinja2.Template] = {}

    def render(self, email: Email) -> RenderedEmail:
        """Render all three parts. Raises RenderFailed."""
        # Not `asdict`: it would take Money apart. The filters want the typed values.
        context = {field.name: getattr(email, field.name) for field in dataclasses.fields(email)}
        subject = self._part(f"{email.template}/subject.txt", context)
        return RenderedEmail(
            subject=" ".join(subject.split()),
            text=self._part(f"{email.template}/body.txt", context).strip() + "\n",
            html=self._part(f"{email.template}/body.html", context),
        )

    def _part(self, name: str, context: dict[str, object]) -> str:
        try:
            return self._template(name, context).render(context)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            raise RenderFailed(name, error) from None

    def _template(self, name: str, context: dict[str, object]) -> jinja2.Template:
        if not name.endswith(".html"):
            return self._text.get_template(name)
        body = (name, i18n.direction_of(str(context.get("locale", "en"))))
        if body not in self._bodies:
            self._bodies[body] = self._html.from_string(inline_template(self._with_base(*body), name))
        return self._bodies[body]

    def _with_base(self, name: str, direction: str) -> str:
        """Put a body into the base page as text, so that the whole page is inlined at once."""
        loader = self._html.loader
        assert loader is not None  # noqa: S101 - given in __init__; this tells mypy
        base, _, _ = loader.get_source(self._html, "_base/base.html")
        style, _, _ = loader.get_source(self._html, "_base/style.css")
        if direction == "rtl":
            style += loader.get_source(self._html, "_base/style.rtl.css")[0]
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
    equip(environment)
    return environment
