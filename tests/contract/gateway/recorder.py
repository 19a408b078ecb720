"""What leaves for Stripe, written down and held against the SDK's own TypedDicts (`stripe.params`)."""

import re
import sys
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe


class Recorder(stripe.RequestsClient):
    """The SDK's own HTTP client, which also writes down what leaves: method, path, data."""

    def __init__(self, timeout: float = 2) -> None:
        super().__init__(timeout=timeout)
        self.sent: list[tuple[str, str, str]] = []

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        self.sent.append((method, urlsplit(url).path, post_data or urlsplit(url).query))
        return super().request(method, url, headers, post_data)


ENDPOINTS: dict[tuple[str, str], str] = {
    ("post", r"/v1/payment_intents"): "PaymentIntentCreateParams",
    ("get", r"/v1/payment_intents"): "PaymentIntentListParams",
    ("get", r"/v1/payment_intents/\w+"): "PaymentIntentRetrieveParams",
    ("post", r"/v1/payment_intents/\w+"): "PaymentIntentModifyParams",
    ("post", r"/v1/payment_intents/\w+/cancel"): "PaymentIntentCancelParams",
    ("post", r"/v1/refunds"): "RefundCreateParams",
    ("get", r"/v1/refunds"): "RefundListParams",
    ("get", r"/v1/disputes"): "DisputeListParams",
    ("get", r"/v1/events"): "EventListParams",
    ("get", r"/v1/account"): "AccountRetrieveCurrentParams",
    ("get", r"/v1/accounts/\w+"): "AccountRetrieveParams",
    ("get", r"/v1/webhook_endpoints"): "WebhookEndpointListParams",
    ("post", r"/v1/customers"): "CustomerCreateParams",
    ("get", r"/v1/payment_methods/\w+"): "PaymentMethodRetrieveParams",
    ("post", r"/v1/payment_methods/\w+/detach"): "PaymentMethodDetachParams",
    ("get", r"/v1/payment_method_domains"): "PaymentMethodDomainListParams",
    ("post", r"/v1/payment_method_domains"): "PaymentMethodDomainCreateParams",
    ("post", r"/v1/payment_method_domains/\w+"): "PaymentMethodDomainModifyParams",
    ("post", r"/v1/payment_method_domains/\w+/validate"): "PaymentMethodDomainValidateParams",
}
"""Where a request may go, and the type of what it may carry."""


_TYPING = {
    "class",
    "typing",
    "NotRequired",
    "Required",
    "ForwardRef",
    "Optional",
    "Union",
    "None",
    "List",
    "Literal",
}


class OffContract(AssertionError):
    """A request that the SDK's own types do not allow."""


def check_request(method: str, path: str, data: str) -> str:
    """Check a recorded request; return the name of its type. Raises OffContract."""
    found = [
        name
        for (verb, pattern), name in ENDPOINTS.items()
        if verb == method.lower() and re.fullmatch(pattern, path)
    ]
    if len(found) != 1:
        raise OffContract(f"{method} {path} has no contract")
    for name, value in parse_qsl(data, keep_blank_values=True):
        check_field(name.replace("]", "").split("["), value, getattr(stripe.params, found[0]))
    return found[0]


def check_field(name: list[str], value: str, allowed: Any) -> None:
    """Raise OffContract unless the TypedDict `allowed` has the field, and its value is of its type."""
    # The older TypedDicts hold the options too, which go into headers and never into a request's data.
    if name[0] not in allowed.__annotations__ or name[0] in stripe.RequestOptions.__annotations__:
        raise OffContract(f"{name[0]} is not in {allowed.__name__}")
    # Read as text: not all names in the SDK's annotations exist where they stand.
    words = re.findall(r"[A-Za-z_]\w*", str(allowed.__annotations__[name[0]]))
    kinds = [word for word in words if word not in _TYPING]
    module = sys.modules[allowed.__module__]
    found = [getattr(module, kind, None) for kind in kinds]
    # `typing.is_typeddict` does not know the SDK's: they are made by typing_extensions.
    nested = [kind for kind in found if hasattr(kind, "__required_keys__")]
    if len(name) > 1 and not name[1].isdigit() and nested:
        check_field(name[1:], value, nested[-1])
    elif value == "" and "Literal['']" in str(allowed.__annotations__[name[0]]):
        return  # it unsets the field
    elif len(name) == 1 and kinds == ["int"] and not re.fullmatch(r"-?\d+", value):
        raise OffContract(f"{name[0]}={value!r} is no integer")
    elif len(name) == 1 and kinds == ["bool"] and value not in ("true", "false"):
        raise OffContract(f"{name[0]}={value!r} is no boolean")
