"""The API's description, with failures in the media type that they really have."""

from typing import Any

from fastapi import FastAPI

from paymail.web.http.errors import Problem

PROBLEM_JSON = "application/problem+json"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return FastAPI's `responses` for failures with these statuses."""
    return {status: {"model": Problem} for status in statuses}


PROBLEMS = problems(401, 403, 404, 408, 409, 413, 422, 429, 503)
"""Of a route of the staff API."""
LIST_PROBLEMS = problems(401, 403, 408, 413, 422, 429, 503)
"""Of a route of the staff API that names no row."""
PAY_PROBLEMS = problems(404, 408, 409, 410, 413, 422, 429, 502, 503)
"""Of a route behind a pay link."""


def describe_problems(app: FastAPI) -> None:
    """Give `app` a description in which every failure is problem+json; FastAPI would say JSON."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        described = generate()
        for path in described["paths"].values():
            for operation in path.values():
                for status, response in operation["responses"].items():
                    content = response.get("content", {})
                    if status >= "4" and "application/json" in content:
                        response["content"] = {PROBLEM_JSON: content["application/json"]}
        return described

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI documents replacing it
