"""Refusals in Stripe's own JSON form."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """One refusal; `begun` says that work was done, so its answer is kept for the idempotency key."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        begun: bool = False,
        **details: Any,
    ) -> None:
        """Take Stripe's fields; `details` may hold param, decline_code, charge, payment_intent…"""
        super().__init__(message)
        self.message = message
        self.status = status
        self.kind = kind
        self.code = code
        self.begun = begun
        self.details = {name: value for name, value in details.items() if value is not None}

    def body(self) -> Json:
        """Return the document that Stripe would answer."""
        error: Json = {"type": self.kind, "message": self.message, **self.details}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = doc_url(self.code)
        return {"error": error}


def doc_url(code: str) -> str:
    """Return the address of Stripe's page about an error code."""
    return f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"


def missing_param(name: str) -> ApiError:
    """Refuse a request without a required parameter."""
    return ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)


def no_such(kind: str, object_id: str, param: str = "id") -> ApiError:
    """Refuse an object that this account does not have, whoever else has it."""
    message = f"No such {kind}: '{object_id}'"
    return ApiError(message, status=404, code="resource_missing", param=param)


def server_error() -> ApiError:
    """Answer as Stripe does when its own machinery broke."""
    return ApiError("An unknown error occurred", status=500, kind="api_error", begun=True)
