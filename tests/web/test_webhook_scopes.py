"""Webhooks of Connect accounts, under several secrets, in any order and late."""

import itertools
import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from paymail.models import GatewayEvent, GatewayEventState, Message, Payment
from paymail.settings import Settings
from paymail.wiring import build
from tests.web.conftest import Site, served
from tests.web.test_webhook import event, paid, states

SECRETS = ("whsec_sandbox", "whsec_connect", "whsec_rolled")


@pytest.fixture
def rolled(settings: Settings) -> Iterator[Site]:
    """An application with the secrets of two endpoints, one of which is being rolled."""
    app = build(settings.model_copy(update={"stripe_webhook_secrets": SecretStr(",".join(SECRETS))}))
    with TestClient(served(app), raise_server_exceptions=False) as client:
        yield Site(app, client)
    app.close()


def test_any_of_the_configured_secrets_is_good_and_no_other(rolled: Site) -> None:
    for number, secret in enumerate(SECRETS):
        assert rolled.webhook(event(f"pi_{number}"), secret=secret) == 200
    for secret in ("whsec_other", "", ",".join(SECRETS)):
        assert rolled.webhook(event("pi_9"), secret=secret) == 403
    assert rolled.count(GatewayEvent) == len(SECRETS)


def test_the_same_event_of_two_endpoints_is_one(rolled: Site) -> None:
    intent = paid(rolled)
    for secret in SECRETS:
        assert rolled.webhook(event(intent), secret=secret) == 200
    rolled.sweep()
    assert (rolled.count(GatewayEvent), rolled.count(Payment), rolled.count(Message)) == (1, 1, 1)


def test_an_event_of_the_platform_itself_settles_nothing(site: Site) -> None:
    body = event(paid(site))
    del body["account"]
    assert site.webhook(body) == 200
    site.sweep()
    assert (site.count(Payment), states(site)) == (0, ["dead"])


def test_an_event_of_another_account_is_told_to_staff_once(site: Site) -> None:
    intent = paid(site)
    site.webhook(event(intent, account="acct_other"))
    for _ in range(3):
        site.sweep()
    with site.app.reading() as session:
        assert [row.kind for row in session.query(Message)] == ["notice"]


@pytest.mark.parametrize("mode", [True, None, "false", 0])
def test_only_an_event_that_says_live_mode_is_taken_as_one(site: Site, mode: object) -> None:
    assert site.webhook(event("pi_1", livemode=mode)) == 200
    assert site.count(GatewayEvent) == (0 if mode is True else 1)


KINDS = ("payment_intent.succeeded", "payment_intent.processing", "payment_intent.payment_failed")


@pytest.mark.parametrize("order", list(itertools.permutations(KINDS)), ids=lambda order: order[0][15:])
def test_the_order_of_events_does_not_matter(site: Site, order: tuple[str, ...]) -> None:
    intent = paid(site)
    for kind in order:
        assert site.webhook(event(intent, kind)) == 200
        site.sweep()
    assert (site.count(Payment), site.count(Message), states(site)) == (1, 1, ["done"] * 3)


def test_an_event_that_comes_weeks_late_is_taken(site: Site) -> None:
    intent = paid(site)
    assert site.webhook(event(intent, created=int(time.time()) - 29 * 86400)) == 200
    site.sweep()
    assert site.count(Payment) == 1


def test_a_type_of_the_future_about_our_intent_is_stored_and_ignored(site: Site) -> None:
    intent = paid(site)
    assert site.webhook(event(intent, "payment_intent.teleported")) == 200
    site.sweep()
    with site.app.reading() as session:
        row = session.query(GatewayEvent).one()
    assert (row.state, site.count(Payment)) == (GatewayEventState.IGNORED, 0)
    assert "does not use events of this type" in row.reason
