"""The webhook endpoint of the sandbox sends what it says that it listens to, and nothing else."""

from collections.abc import Callable

import pytest

from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.server import SandboxServer
from tests.contract.sandbox.conftest import Api, Received


@pytest.mark.parametrize(
    ("rules", "kinds"),
    [
        ({"webhook_events": ("payment_intent.succeeded",)}, ["payment_intent.succeeded"]),
        ({"webhook_enabled": False}, []),
        ({"webhook_connect": False}, []),
    ],
)
def test_events_that_the_endpoint_does_not_listen_to_are_not_sent(
    received: Received, connect: Callable[..., Api], rules: dict[str, object], kinds: list[str]
) -> None:
    config = SandboxConfig(webhook_url=received.url, webhook_retry_base_s=0.02, **rules)  # type: ignore[arg-type]
    with SandboxServer(config) as server:
        api = connect(server)
        api.confirm(api.create().id)
        if kinds:
            received.wait_for(len(kinds))
        pending = [event["pending_webhooks"] for event in _events(api) if event["type"] not in kinds]
        assert set(pending) == {0}
    assert received.kinds() == kinds


def _events(api: Api) -> list[dict[str, object]]:
    found = api.client.v1.events.list(options={"stripe_account": "acct_sandbox"})
    return [{"type": event.type, "pending_webhooks": event.pending_webhooks} for event in found.data]
