"""Stripe's form encoding: `a[b][c]=v`, `list[0]=v` and `list[]=v`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from paymail.sandbox.errors import ApiError, Json, missing_param

_SEGMENT = re.compile(r"\[([^\[\]]*)\]")
_MAX_DEPTH = 6


def parse(encoded: str) -> Json:
    """Return the nested parameters of a query string or a form body."""
    params: Json = {}
    for key, value in parse_qsl(encoded, keep_blank_values=True):
        _place(params, _path(key), value)
    return params


def _path(key: str) -> list[str]:
    head, bracket, rest = key.partition("[")
    path = [head, *_SEGMENT.findall(bracket + rest)]
    if len(path) > _MAX_DEPTH:
        raise ApiError(f"Invalid parameter nesting: {head}", param=head)
    return path


def _place(params: Json, path: list[str], value: str) -> None:
    node = params
    for part in path[:-1]:
        inner = node.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ApiError(f"Invalid object: {part}", param=path[0])
        node = inner
    last = path[-1] or str(len(node))
    node[last] = value


def items(value: Any, param: str) -> list[str]:
    """Return a list parameter's values in the order of their indices."""
    if value is None or value == "":
        return []
    if not isinstance(value, dict) or not all(key.isdigit() for key in value):
        raise ApiError("Invalid array", param=param)
    return [str(value[key]) for key in sorted(value, key=int)]


def integer(params: Json, name: str) -> int | None:
    """Return a parameter as a whole number, or None if it was not given."""
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"-?\d{1,15}", value):
        raise ApiError(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def boolean(params: Json, name: str, *, default: bool = False) -> bool:
    """Return a parameter given as the words true or false."""
    value = params.get(name)
    if value is None:
        return default
    if value not in ("true", "false"):
        raise ApiError(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def text(params: Json, name: str, *, required: bool = False) -> str | None:
    """Return a parameter as text; an empty string counts as not given."""
    value = params.get(name)
    if value is not None and not isinstance(value, str):
        raise ApiError("Invalid string", param=name)
    if required and not value:
        raise missing_param(name)
    return value or None


def mapping(params: Json, name: str) -> Json:
    """Return a parameter that holds other parameters."""
    value = params.get(name)
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise ApiError("Invalid object", param=name)
    return value


def whole_address(params: Json) -> Json:
    """Return the `address` with all of its lines."""
    given = mapping(params, "address")
    return {line: given.get(line) for line in ("city", "country", "line1", "line2", "postal_code", "state")}


def shipping(params: Json) -> Json | None:
    """Return the `shipping` as Stripe shows it."""
    given = mapping(params, "shipping")
    if not given:
        return None
    shown = {name: given.get(name) for name in ("carrier", "name", "phone", "tracking_number")}
    return {"address": whole_address(given), **shown}


def merged_metadata(current: Json, params: Json) -> Json:
    """Apply a `metadata` parameter: an empty value unsets its key, an empty string unsets all."""
    if "metadata" not in params:
        return current
    if params["metadata"] == "":
        return {}
    merged = dict(current)
    for key, value in mapping(params, "metadata").items():
        if len(key) > 40 or not isinstance(value, str) or len(value) > 500:
            raise ApiError(f"Invalid metadata: {key[:60]}", param=f"metadata[{key[:60]}]")
        if value == "":
            merged.pop(key, None)
        else:
            merged[key] = value
    if len(merged) > 50:
        raise ApiError("Metadata can have up to 50 keys.", param="metadata")
    return merged


def refuse_unknown(params: Json, known: Iterable[str], prefix: str = "") -> None:
    """Refuse parameters that the endpoint does not have, as Stripe does."""
    for name in sorted(set(params) - set(known)):
        full = f"{prefix}[{name}]" if prefix else name
        raise ApiError(f"Received unknown parameter: {full}", code="parameter_unknown", param=full)
