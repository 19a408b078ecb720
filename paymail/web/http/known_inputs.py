"""What a request may hold: a name that a route does not know is refused, never passed over.

A misspelt filter would list everything, and a misspelt field would be taken for its default.
"""

import json
from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from paymail.web.http.input_faults import UNKNOWN_FIELD, UNKNOWN_PARAMETER, known


async def refuse_unknown(request: Request) -> None:
    """Refuse query parameters that the route does not name, and fields where it takes no body.

    Fields of a body that it does take are checked by its schema, see `Body`. Raises RequestValidationError.
    """
    route = request.scope["route"]
    names = set(_named_by(route.dependant))
    unknown = [name for name in request.query_params if name not in names]
    if unknown:
        detail = f"Unknown query parameter. {known(names, 'parameters')}"
        raise RequestValidationError(
            [{"type": UNKNOWN_PARAMETER, "loc": ("query", name), "msg": detail} for name in unknown]
        )
    if request.method != "GET" and not takes_body(route):
        await _refuse_body(request)


def takes_body(route: APIRoute) -> bool:
    """Whether a route reads a body: one with a schema, or raw bytes that its description names."""
    return route.body_field is not None or "requestBody" in (route.openapi_extra or {})


def _named_by(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for part in dependant.dependencies:
        yield from _named_by(part)


async def _refuse_body(request: Request) -> None:
    raw = (await request.body()).strip()
    try:
        body = json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        body = raw
    fields: list[tuple[str, ...]]
    if isinstance(body, dict):
        fields = [("body", name) for name in body]
    else:
        fields = [] if body is None else [("body",)]
    if fields:
        detail = "Unknown field. This operation takes no body."
        errors = [{"type": UNKNOWN_FIELD, "loc": loc, "msg": detail} for loc in fields]
        raise RequestValidationError(errors, body=body)
