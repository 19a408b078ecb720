"""Pages offer a form only to whoever may send it, decided by where it goes: no template can forget to ask."""

import re
from typing import Any

import jinja2
from jinja2.ext import Extension
from jinja2.runtime import Context

from paymail.services.access.roles import Act
from paymail.web.staff.needs import FORMS, PAGES

_FORM = re.compile(
    r"""(?P<fold><details\b(?:(?!</?details).)*?</summary>\s*)?"""
    r"""<form\b(?=[^>]*\bmethod="post")[^>]*\baction="(?P<action>[^"]*)"(?:(?!{%-?\s*endmacro).)*?</form>(?(fold)\s*</details>)""",
    re.DOTALL,
)
_VALUE = re.compile(r"{{(.*?)}}")
_ROUTES = tuple(
    (re.compile("/staff" + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(route))), act)
    for route, act in (*FORMS.items(), *PAGES.items())
)


class OfferedForms(Extension):
    """Puts every POST form to a staff address, with the fold that it alone is in, under a condition.

    A form that a macro begins and something else ends is left to its template, which asks `may`.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Return the template's source with its conditions."""
        return _FORM.sub(_under_condition, source)


def _under_condition(form: re.Match[str]) -> str:
    pieces = _VALUE.split(form["action"])
    address = " ~ ".join(f"({piece})" if at % 2 else f'"{piece}"' for at, piece in enumerate(pieces))
    return f"{{% if offered({address}) %}}{form[0]}{{% endif %}}"


@jinja2.pass_context
def offered(context: Context, address: str) -> bool:
    """Whether the person may send a form to this address, or take the step that begins there."""
    admission = _admission(context)
    path = address.partition("#")[0].partition("?")[0]
    act = next((act for route, act in _ROUTES if route.fullmatch(path)), None)
    if admission is None or act is None:
        return True
    return bool(admission.may(act) and admission.opens(address))


@jinja2.pass_context
def may(context: Context, act: str) -> bool:
    """Whether to offer an act on this page: `bill`, `refund` or `administer`."""
    admission = _admission(context)
    return admission is None or bool(admission.may(Act(act)))


@jinja2.pass_context
def opens(context: Context, address: str) -> bool:
    """Whether to offer a page of staff."""
    admission = _admission(context)
    return admission is None or bool(admission.opens(address))


def _admission(context: Context) -> Any:
    return getattr(getattr(context.get("request"), "state", None), "admission", None)
