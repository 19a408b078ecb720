"""What the audit log calls a request: from the pattern of its route and what its address names."""

import re

from fastapi import Request

_PARAMETER = re.compile(r"\{(\w+)\}")
_WORDS = ("verb", "kind")
"""Parameters that say what is done, not to what."""


def act_of(request: Request, route: str) -> str:
    """Return the words of a route, such as `customers email`; with the method where it is not a form."""
    given = request.path_params
    parts = [part for part in route.removeprefix("/api/v1").split("/") if part]
    words = [str(given.get(part[1:-1], "")) if part[1:-1] in _WORDS else part for part in parts]
    said = " ".join(word for word in words if not _PARAMETER.fullmatch(word))
    return said if request.method == "POST" else f"{request.method} {said}"


def object_of(request: Request, route: str) -> str:
    """Return what the address names last, such as `customer 12`; empty if it names nothing.

    A PUT of a whole object names it by a text of the host, which may be anybody's data: none of it gets into
    the log, which keeps all for ever.
    """
    if request.method == "PUT" and route.endswith("}"):
        return ""
    for name in reversed(_PARAMETER.findall(route)):
        value = str(request.path_params.get(name, ""))
        if name.endswith("_id") and value.isprintable():
            return f"{name.removesuffix('_id')} {value}"
    return ""
