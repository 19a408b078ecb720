"""Holds JSON of Stripe's, or of the sandbox's, against the annotations of the SDK's classes.

A field that is not Optional must be there; one that the class does not name must not; an enum's value must be
one of those that are listed, though the SDK lets others pass. What the annotations cannot say, such as which
Optional fields are always sent, is left alone.
"""

from __future__ import annotations

import functools
import inspect
import operator
import re
import types
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import Any, ClassVar, ForwardRef, Literal, TypeVar, Union, get_args, get_origin

import stripe
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import StripeObject, UntypedStripeObject

Json = dict[str, Any]
# The types of Stripe.js (`@stripe/stripe-js`, PaymentIntent) have none of these.
_SERVERS_ONLY = re.compile(
    r"(error\.)?payment_intent\.(amount_capturable|amount_received|metadata): is missing"
)
_NOT_CALLED = frozenset(("_inner_class_types", "_inner_class_dicts", "_field_encodings"))


@dataclass
class Spec:
    """What was held against the SDK so far; `faults` says where it does not agree."""

    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    enum_values: set[tuple[str, str]] = field(default_factory=set)

    def answer(self, body: Json, *, public: bool = False) -> None:
        """Hold the answer to a request against its class; a browser (`public`) sees a part of an intent."""
        self.counts["answers"] += 1
        before = len(self.faults)
        if "error" in body:
            self._error(body["error"])
        else:
            self.thing(body)
        if public:
            self.faults[before:] = [fault for fault in self.faults[before:] if not _SERVERS_ONLY.match(fault)]

    def event(self, body: Json) -> None:
        """Hold an event, and what it tells, against their classes."""
        self.counts["events"] += 1
        self.thing(body)
        self.thing(body["data"]["object"], f"event {body['type']}")

    def thing(self, body: Json, where: str = "") -> None:
        """Hold an object against the class that its `object` names."""
        kind = str(body.get("object"))
        if kind not in OBJECT_CLASSES:
            self.faults.append(f"{where or kind}: Stripe has no object {kind}")
            return
        module, name = OBJECT_CLASSES[kind]
        self._fields(body, getattr(import_module(module), name), where or kind)

    def _error(self, error: Json) -> None:
        self._fields(error, stripe.ErrorObject, "error")
        # The class of errors says `str`; that of an intent's last error lists every code and type.
        listed = _annotations(stripe.PaymentIntent.LastPaymentError)
        for name in ("code", "type"):
            if name in error:
                self._value(error[name], listed[name], f"error.{name}")

    def _fields(self, body: Any, cls: type, where: str, data: Any = None) -> None:
        if not isinstance(body, dict):
            self.faults.append(f"{where}: {body!r} is no object")
            return
        known = _annotations(cls)
        for name, wanted in known.items():
            if name in body:
                self._value(body[name], wanted if data is None or name != "data" else data, f"{where}.{name}")
            elif not _optional(wanted) and body.get("deleted") is not True:
                self.faults.append(f"{where}.{name}: is missing")
        for name in body.keys() - known.keys() - {"object"}:
            self.faults.append(f"{where}.{name}: Stripe has no such field")

    def _value(self, value: Any, wanted: Any, where: str) -> None:
        self.counts["fields"] += 1
        found = list(self._problems(value, wanted, where))
        self.faults += found

    def _problems(self, value: Any, wanted: Any, where: str) -> Iterator[str]:
        wanted = _resolved(wanted)
        choices = _choices(wanted)
        if value is None:
            if type(None) not in choices and Any not in choices:
                yield f"{where}: may not be null"
            return
        literals = [one for choice in choices if get_origin(choice) is Literal for one in get_args(choice)]
        if literals and isinstance(value, str):
            self.counts["enums"] += 1
            self.enum_values.add((where, value))
            if value not in literals:
                yield f"{where}: {value!r} is not one of {literals}"
            return
        if literals and value in literals:
            return
        choices = [
            choice for choice in choices if choice is not type(None) and get_origin(choice) is not Literal
        ]
        if len(choices) > 1 and isinstance(value, dict):
            choices = [choice for choice in choices if _may_be_object(choice)]
            named = [c for c in choices if getattr(c, "OBJECT_NAME", None) == value.get("object")]
            choices = named or choices
        elif len(choices) > 1:
            choices = [choice for choice in choices if not _may_be_object(choice)]
        if not choices:
            yield f"{where}: {value!r} is not of the type {wanted}"
            return
        yield from self._one(value, choices[0], where)

    def _one(self, value: Any, wanted: Any, where: str) -> Iterator[str]:
        origin = get_origin(wanted) or wanted
        if wanted is Any:
            return
        if origin is list:
            if not isinstance(value, list):
                yield f"{where}: {value!r} is no list"
                return
            for item in value:
                self._value(item, get_args(wanted)[0], f"{where}[]")
        elif origin is UntypedStripeObject or origin is dict:
            if not isinstance(value, dict):
                yield f"{where}: {value!r} is no object"
                return
            inner = get_args(wanted)[-1] if get_args(wanted) else Any
            for item in value.values():
                self._value(item, inner, f"{where}{{}}")
        elif isinstance(origin, type) and issubclass(origin, StripeObject):
            kind = getattr(origin, "OBJECT_NAME", None)
            if kind and isinstance(value, dict) and value.get("object") != kind:
                yield f"{where}: {value.get('object')} is no {kind}"
                return
            inner = list[get_args(wanted)[0]] if get_args(wanted) else None  # type: ignore[misc]
            self._fields(value, origin, where, inner)
        elif not _is(value, origin):
            yield f"{where}: {value!r} is not {getattr(origin, '__name__', origin)}"


def listed_values(cls: type, name: str) -> set[str]:
    """Return the values that the SDK lists for a field, or for the items of a list."""
    return {value for one in _literals(_annotations(cls)[name]) for value in get_args(one)}


def _literals(wanted: Any) -> Iterator[Any]:
    for choice in _choices(wanted):
        if get_origin(choice) is Literal:
            yield choice
        elif get_origin(choice) is list:
            yield from _literals(get_args(choice)[0])


def _is(value: Any, wanted: type) -> bool:
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if wanted is Decimal:
        # Stripe writes these as text; the SDK makes numbers of them.
        return isinstance(value, str) and value.replace(".", "", 1).lstrip("-").isdigit()
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, wanted)


@functools.cache
def _annotations(cls: type) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, StripeObject) and base is not StripeObject:
            found |= inspect.get_annotations(base)
    return {
        name: wanted
        for name, wanted in found.items()
        if name not in _NOT_CALLED and not name.startswith("_") and get_origin(wanted) is not ClassVar
    }


@functools.cache
def _choices(wanted: Any) -> tuple[Any, ...]:
    """Return what a union may be, unions inside of it included."""
    if get_origin(wanted) in (Union, types.UnionType):
        return tuple(choice for one in get_args(wanted) for choice in _choices(_resolved(one)))
    return (wanted,)


def _optional(wanted: Any) -> bool:
    return type(None) in _choices(_resolved(wanted))


def _may_be_object(choice: Any) -> bool:
    origin = get_origin(choice) or choice
    return origin is dict or (isinstance(origin, type) and issubclass(origin, StripeObject))


@functools.cache
def _resolved(wanted: Any) -> Any:
    """Return the class that a name stands for: the SDK writes those of other files as text."""
    name = wanted.__forward_arg__ if isinstance(wanted, ForwardRef) else wanted
    if isinstance(wanted, TypeVar):
        return Any
    if not isinstance(name, str):
        return wanted
    if (bracket := name.find("[")) > 0:
        outer = {"ListObject": stripe.ListObject}.get(name[:bracket])
        return outer[_resolved(ForwardRef(name[bracket + 1 : -1].strip("'\"")))] if outer else Any
    found = tuple(
        getattr(import_module(module), cls) for module, cls in OBJECT_CLASSES.values() if cls == name
    )
    return functools.reduce(operator.or_, found) if found else getattr(stripe, name, Any)
