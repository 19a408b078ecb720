"""Objects of Stripe's from the SDK's own annotations: the least one, and one for each value of each field."""

import json
import types
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

import stripe

FUTURE = "a_word_of_the_future"
"""Stripe's enums are open: `Union[Literal[...], str]`."""
_PLAIN: dict[Any, tuple[Any, ...]] = {str: ("x", ""), int: (1, 0), bool: (True, False), float: (1.5,)}
_LIST = {"object": "list", "data": [], "has_more": False, "url": "/v1/x"}
Path = tuple[str, ...]


class Absent:
    """Marks a field that is left out."""


@cache
def fields_of(kind: Any) -> dict[str, Any]:
    """Return the fields of an object and the types of their values."""
    found = {}
    for parent in reversed(kind.__mro__):
        if issubclass(parent, stripe.StripeObject) and parent.__module__ != "stripe._stripe_object":
            found |= {
                name: hint for name, hint in parent.__annotations__.items() if "ClassVar" not in str(hint)
            }
    return found


@cache
def choices(hint: Any) -> tuple[Any, ...]:
    """Return what a value may be: the parts of a union, None among them as NoneType."""
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def nullable(hint: Any) -> bool:
    """Whether a field may be null, and with that be left out."""
    return type(None) in choices(hint)


@cache
def nested(hint: Any) -> Any:
    """Return the class of a field's object, where it belongs to the object alone; else None."""
    found = (one for one in choices(hint) if isinstance(one, type) and issubclass(one, stripe.StripeObject))
    return next((one for one in found if "." in one.__qualname__), None)


def least(kind: Any) -> dict[str, Any]:
    """Return an object with the fields that are neither null nor left out, and nothing else."""
    found: dict[str, Any] = json.loads(_least(kind))
    return found


@cache
def _least(kind: Any) -> str:
    found = {name: _least_value(hint) for name, hint in fields_of(kind).items() if not nullable(hint)}
    return json.dumps(found)


def _least_value(hint: Any) -> Any:
    if part := nested(hint):
        return least(part)
    return next(value for value in values(hint) if value is not None and value is not Absent)


@cache
def values(hint: Any) -> tuple[Any, ...]:
    """Return every value of a field that is worth trying."""
    return tuple(_values(hint))


def _values(hint: Any) -> Iterator[Any]:
    for one in choices(hint):
        if one is type(None):
            yield from (None, Absent)
        elif get_origin(one) is Literal:
            yield from (*get_args(one), FUTURE)
        elif one in _PLAIN:
            yield from _PLAIN[one]
        elif get_origin(one) in (list, dict):
            yield get_origin(one)()
        elif isinstance(one, type) and issubclass(one, stripe.ListObject):
            yield _LIST
        elif isinstance(one, type) and "." in one.__qualname__:
            yield least(one)
        elif "ListObject" in str(one):
            yield _LIST
        elif "UntypedStripeObject" in str(one) or one is Any:
            yield {}
        else:
            yield {"id": "other_1", "object": "other"}  # another resource, expanded


def variations(
    kind: Any, at: Path = (), inside: "tuple[tuple[str, Any], ...]" = ()
) -> Iterator[tuple[Path, Any]]:
    """Yield each field of an object, at any depth, with each value that it may have."""
    for name, hint in fields_of(kind).items():
        for value in values(hint):
            yield (*at, name), value
        part = nested(hint)
        if part is not None and part not in [known for _, known in inside]:
            yield from variations(part, (*at, name), (*inside, (name, part)))


def changed(kind: Any, path: Path, value: Any) -> dict[str, Any]:
    """Return the least object with one field at that value, and what the field stands in."""
    whole = least(kind)
    here, what = whole, kind
    for name in path[:-1]:
        what = nested(fields_of(what)[name])
        if not isinstance(here.get(name), dict):
            here[name] = least(what)
        here = here[name]
    if value is Absent:
        here.pop(path[-1], None)
    else:
        here[path[-1]] = value
    return whole


def words_of(kind: Any, field: str) -> tuple[str, ...]:
    """Return the words that the SDK knows for a field."""
    found = (one for one in choices(fields_of(kind)[field]) if get_origin(one) is Literal)
    return tuple(word for one in found for word in get_args(one))
