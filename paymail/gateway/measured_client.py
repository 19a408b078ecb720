"""The SDK's HTTP client, with a span for each request: retries are seen one by one."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from paymail import spans


class MeasuredClient(stripe.RequestsClient):
    """What the Stripe SDK speaks HTTP with."""

    def request(  # type: ignore[override]  # as the SDK's own client does
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Ask Stripe once. Raises what the SDK's own client raises."""
        with spans.span(f"Stripe {method.upper()} {_route(url)}") as span:
            answer = super().request(method, url, headers, post_data)
            span.say({"http.response.status_code": answer[1]})
            return answer


def _route(url: str) -> str:
    """Return `/v1/refunds` or `/v1/payment_intents/{id}/cancel`: a name is no place for ids."""
    parts = urlsplit(url).path.strip("/").split("/")
    return "/" + "/".join([*parts[:2], *("{id}" for _ in parts[2:3]), *parts[3:]])
