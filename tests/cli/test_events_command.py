"""`paymail events` lists what Stripe told, and has dead ones worked on again."""

import functools
import json

import pytest

from paymail.models import GatewayEvent, GatewayEventState
from paymail.wiring import App
from tests.cli import running
from tests.factories import NOW


@pytest.fixture
def app(commands: App) -> App:
    """An application with one dead and one done event."""
    given = {"type": "payment_intent.succeeded", "livemode": False, "created": 1773709200}
    with commands.transaction() as session:
        for name, state in (("evt_1", GatewayEventState.DEAD), ("evt_2", GatewayEventState.DONE)):
            session.add(
                GatewayEvent(
                    event_id=name,
                    account="acct_sandbox",
                    intent_id="pi_1",
                    state=state,
                    reason="why",
                    attempts=20,
                    next_at=NOW,
                    received_at=NOW,
                    **given,
                )
            )
    return commands


run = functools.partial(running.run, "events")


def state(app: App, event_id: str) -> tuple[str, int]:
    with app.reading() as session:
        row = session.get_one(GatewayEvent, event_id)
        return row.state.value, row.attempts


def test_events_are_listed_and_shown(app: App) -> None:
    assert [row["event_id"] for row in json.loads(run("list", "--json").stdout)] == ["evt_2", "evt_1"]
    (row,) = json.loads(run("list", "--state", "dead", "--json").stdout)
    assert (row["event_id"], row["invoice_id"], row["reason"]) == ("evt_1", None, "why")
    assert "evt_1" in run("list").stdout
    assert json.loads(run("show", "evt_1", "--json").stdout)["created_at"] == "2026-03-17T01:00:00+00:00"
    assert "event not found" in run("show", "evt_9", expect=1).stderr


def test_all_dead_ones_are_worked_on_again(app: App) -> None:
    assert run("reprocess", "--dead").stdout == "1 event(s) will be processed again\n"
    assert (state(app, "evt_1"), state(app, "evt_2")) == (("received", 0), ("done", 20))


def test_chosen_ones_are_worked_on_again_or_none_of_them(app: App) -> None:
    run("reprocess", "evt_2", "evt_9", expect=1)
    assert state(app, "evt_2") == ("done", 20)
    run("reprocess", "evt_1", "evt_2")
    assert (state(app, "evt_1"), state(app, "evt_2")) == (("received", 0), ("received", 0))


@pytest.mark.parametrize("arguments", [(), ("evt_1", "--dead")])
def test_ids_or_all_dead_ones_must_be_chosen(app: App, arguments: tuple[str, ...]) -> None:
    run("reprocess", *arguments, expect=2)
