"""What is wrong with a request, fault by fault, without quoting what was sent: it may be a secret."""

from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from paymail.observability import one_line, scrub

UNKNOWN_PARAMETER = "unknown_parameter"
UNKNOWN_FIELD, MISSING, NO_OBJECT = "extra_forbidden", "missing", "model_attributes_type"
"""Kinds of faults, in pydantic's words."""
MOST_FAULTS = 100
LONGEST_NAME = 80


class InputFault(BaseModel):
    """One fault of a request: where it is, and what would do."""

    pointer: str | None = Field(None, description="JSON pointer (RFC 6901) to a field of the body.")
    parameter: str | None = Field(None, description="Name of a query, path or header parameter.")
    line: int | None = Field(None, description="Line of an imported file; 1 is the header of a CSV file.")
    column: str | None = Field(None, description="Column of an imported CSV file.")
    detail: str


def input_faults(error: RequestValidationError, body_type: Any = None) -> list[InputFault]:
    """Return the faults of a request whose body should be of `body_type`, each once, 100 at most."""
    found: dict[tuple[str | None, str | None, str], InputFault] = {}
    for one in _of_the_nearest_body(error.errors(), body_type):
        fault = _fault(one, error.body, body_type)
        found.setdefault((fault.pointer, fault.parameter, fault.detail), fault)
    return list(found.values())[:MOST_FAULTS]


def known(names: Iterable[str], kind: str) -> str:
    """Return what may be given, in words; `kind` is parameters or fields."""
    listed = ", ".join(sorted(names))
    return f"Known {kind}: {listed}." if listed else f"There are no {kind} here."


def _fault(error: Mapping[str, Any], body: Any, body_type: Any) -> InputFault:
    source, *path = error["loc"]
    if source != "body":
        return InputFault(parameter=_name(path[-1] if path else source), detail=error["msg"])
    if error["type"] == "json_invalid":
        return InputFault(pointer="", detail="The body is not valid JSON.")
    detail = error["msg"]
    if error["type"] == NO_OBJECT:
        detail = "A JSON object is needed; a body is sent as application/json."
    if error["type"] == UNKNOWN_FIELD and body_type is not None:
        detail = f"Unknown field. {known(_fields(body_type, path[:-1]), 'fields')}"
    keys = _keys(path, body, named=error["type"] in (MISSING, UNKNOWN_FIELD))
    escaped = [_name(key).replace("~", "~0").replace("/", "~1") for key in keys]
    return InputFault(pointer="".join(f"/{key}" for key in escaped), detail=detail)


def _name(key: object) -> str:
    """Return a name as it may be shown: a secret that slipped in here is hidden, and so is a novel."""
    return scrub(one_line(str(key), LONGEST_NAME))


def _keys(path: Sequence[str | int], body: Any, *, named: bool) -> list[str | int]:
    """Return the part of pydantic's path that is in the body; it has names of our types in it too.

    With `named` its end is the name of a field, though the body may not hold it, or not so spelt.
    """
    keys: list[str | int] = []
    for part in path:
        if _holds(body, part):
            body = body[part]
        elif not (named and part is path[-1] and isinstance(body, dict)):
            continue
        keys.append(part)
    return keys


def _holds(value: Any, key: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(key, int) and key < len(value)
    return isinstance(value, dict) and key in value


def _of_the_nearest_body(errors: Sequence[Any], body_type: Any) -> Sequence[Any]:
    """Return the faults alone of that alternative of a body which has the fewest."""
    alternatives = [one.__name__ for one in _models(body_type)]
    if len(alternatives) < 2:
        return errors
    each = [[e for e in errors if e["loc"][:2] in (("body",), ("body", name))] for name in alternatives]
    others = [e for e in errors if e["loc"][0] != "body"]
    return [*others, *min((faults for faults in each if faults), key=len, default=[])]


def _models(kind: Any) -> list[type[BaseModel]]:
    """Return the models that a type is made of."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    if get_origin(kind) in (Union, UnionType, Annotated, list):
        return [model for argument in get_args(kind) for model in _models(argument)]
    return []


def _fields(kind: Any, path: Sequence[str | int]) -> set[str]:
    """Return the names of the fields that may stand at a path of pydantic's in a body of type `kind`."""
    models = _models(kind)
    for part in path:
        named = [model for model in models if model.__name__ == part]
        inner = [f.annotation for model in models for name, f in _named_fields(model) if name == part]
        models = named or [found for annotation in inner for found in _models(annotation)] or models
    return {name for model in models for name, _field in _named_fields(model)}


def _named_fields(model: type[BaseModel]) -> list[tuple[str, Any]]:
    return [(field.alias or name, field) for name, field in model.model_fields.items()]
