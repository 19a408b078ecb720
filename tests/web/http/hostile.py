"""Requests that no browser sends: every route with its fields, and what to put into them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from fastapi.routing import APIRoute
from httpx2 import Response
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tests.web.conftest import Site

VALUES: list[Any] = [
    "\x00",
    "a\x00b@c.example",
    "\ud800",
    "2147483648",
    "9223372036854775808",
    "9" * 5000,
    "-1",
    "1e400",
    "NaN",
    "٣",
    "9999-12-31T23:59:59",
    "0001-01-01",
    "\u202e{{7*7}}'\"<script>\r\nBcc: x@y.example",
    "x" * 20_000,
]
NUMBERS: list[Any] = [10**400, -(2**63) - 1, 1e308, True, None, [[]], {"a": {"b": []}}]
"""What JSON can say beside text."""
PUBLIC = re.compile(r"/(api|brand|pay|verify|webhooks|healthz|readyz)\b|/$")


@dataclass
class Entry:
    """A route: where it is, what it takes in its query and its body."""

    path: str
    method: str
    json: bool
    query: list[str] = field(default_factory=list)
    body: dict[str, FieldInfo] = field(default_factory=dict)


def entries(site: Site) -> list[Entry]:
    """Return every route of the application."""
    found, pending = [], list(site.client.app.routes)  # type: ignore[attr-defined]
    while pending:
        route = pending.pop()
        inside = getattr(route, "original_router", route)
        pending += getattr(inside, "routes", None) or []
        if isinstance(route, APIRoute):
            found += [_entry(route, method) for method in sorted(route.methods)]
    return sorted(found, key=lambda entry: (entry.path, entry.method))


def _entry(route: APIRoute, method: str) -> Entry:
    path = route.path if PUBLIC.match(route.path) else f"/staff{route.path.removeprefix('/staff')}"
    body = route.body_field.field_info.annotation if route.body_field else None
    model = body if isinstance(body, type) and issubclass(body, BaseModel) else BaseModel
    return Entry(path, method, "/api/" in path, list(_queries(route)), dict(model.model_fields))


def _queries(route: APIRoute) -> Iterator[str]:
    pending = [route.dependant]
    while pending:
        dependant = pending.pop()
        pending += dependant.dependencies
        for one in dependant.query_params:
            kind = one.field_info.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from kind.model_fields
            else:
                yield one.alias


def plausible(info: FieldInfo) -> Any:
    """Return what a required field might hold, so that another one is looked at."""
    if info.examples:
        return info.examples[0]
    return {int: 1, bool: True}.get(info.annotation, "2026-12-01")  # type: ignore[call-overload]


@dataclass
class Attacker:
    """Whoever knows a key, a session and a pay link, and means no good."""

    site: Site
    headers: dict[str, str]
    csrf: str
    known: dict[str, object]

    def send(
        self, entry: Entry, *, path: Any = None, query: Any = None, body: Any = None, at: int = 0
    ) -> Response:
        """Send a request with `query` in each field of the query, and `path` and `body` in field `at` of the
        path and of the body; None leaves it as it should be."""
        names = re.findall(r"{(\w+)}", entry.path)
        given = self.known | ({names[at % len(names)]: _quoted(path)} if path is not None and names else {})
        address = entry.path.format(**given)
        if query is not None and entry.query:
            address += "?" + urlencode(dict.fromkeys(entry.query, str(query)[:3000]), errors="surrogatepass")
        content, kind = self._body(entry, body, at)
        headers = self.headers | kind
        return self.site.client.request(
            entry.method, address, content=content, headers=headers, follow_redirects=False
        )

    def _body(self, entry: Entry, value: Any, at: int) -> tuple[bytes, dict[str, str]]:
        if not entry.body:
            return b"", {}
        names = list(entry.body)
        fields = {name: plausible(info) for name, info in entry.body.items() if info.is_required()}
        if value is not None:
            fields[names[at % len(names)]] = value
        if entry.json:
            return json.dumps(fields).encode(), {"Content-Type": "application/json"}
        if "csrf" in names and names[at % len(names)] != "csrf":
            fields["csrf"] = self.csrf
        form = urlencode({k: str(v) for k, v in fields.items()}, errors="surrogatepass")
        return form.encode(), {"Content-Type": "application/x-www-form-urlencoded"}


def _quoted(value: Any) -> str:
    return quote(str(value)[:3000], safe="", errors="surrogatepass")
