"""CSS inlining, behind one function so that the tool can be swapped.

It runs once per template, not per email (0.09 ms instead of 8.8 ms): Jinja's tags are swapped for
placeholders first. What a tag could change about the cascade (class, id, style) is refused.
"""

import re
from itertools import count

from premailer import Premailer

from paymail.render.errors import RenderFailed

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_DYNAMIC_STYLE = re.compile(r"""\b(?:class|id|style)\s*=\s*(?:"[^"]*\{[{%]|'[^']*\{[{%])""")


def inline_css(html: str) -> str:
    """Return `html` with its style sheet inlined; no network, no validation of CSS.

    A `<style data-premailer="ignore">` stays as it is: what no attribute can say, such as media queries.
    """
    return str(
        Premailer(
            html,
            keep_style_tags=False,
            strip_important=False,
            remove_classes=False,
            disable_validation=True,
            allow_network=False,
            cssutils_logging_level="CRITICAL",
        ).transform()
    )


def inline_template(source: str, name: str) -> str:
    """Inline a Jinja template's CSS before it is compiled. Raises RenderFailed for a dynamic style."""
    if _DYNAMIC_STYLE.search(source):
        raise RenderFailed(name, "class, id and style must not be dynamic: CSS is inlined before rendering")
    tags: dict[str, str] = {}
    numbers = count()

    def protect(match: re.Match[str]) -> str:
        # A comment survives the parser anywhere outside attributes; inside, plain text does.
        token = f"jinjatag{next(numbers):04d}x"
        tags[token] = match[0]
        return token if _in_attribute(match) or match[0].startswith("{{") else f"<!--{token}-->"

    protected = _TAG.sub(protect, source)
    inlined = inline_css(protected)
    for token, tag in tags.items():
        inlined = inlined.replace(f"<!--{token}-->", tag).replace(token, tag)
    return inlined


def _in_attribute(match: re.Match[str]) -> bool:
    before = match.string[: match.start()]
    return before.rfind("<") > before.rfind(">")
