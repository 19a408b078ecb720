"""Invoices and customers that are refused, as problem+json: every fault with its JSON pointer."""

from collections.abc import Iterable

from fastapi import FastAPI, Request
from fastapi.responses import Response

from paymail.services.imports.faults import Fault
from paymail.services.imports.given import GivenConflict, GivenRefused
from paymail.web.http.errors import problem, status_of
from paymail.web.http.input_faults import InputFault

IN_THE_PATH = "/external_ref"


def install(app: FastAPI) -> None:
    """Answer what the import refuses of a body with all that is wrong with it."""
    for kind in (GivenRefused, GivenConflict):
        app.exception_handler(kind)(_refused)


def pointed(faults: Iterable[Fault]) -> list[InputFault]:
    """Return faults whose columns are pointers into the body."""
    return [
        InputFault(parameter="external_ref", detail=one.reason)
        if one.column == IN_THE_PATH
        else InputFault(pointer=one.column, detail=one.reason)
        for one in faults
    ]


def _refused(request: Request, error: GivenRefused | GivenConflict) -> Response:
    return problem(request, status_of(error), error.code, str(error), faults=pointed(error.faults))
