"""A process that sweeps says that it lives, while a mail server is slow too, but not when its sweep ended."""

import os

from sqlalchemy import delete, select

from paymail.models import Heartbeat
from paymail.settings import Settings
from paymail.tasks.heartbeat import Heartbeats
from paymail.tasks.sweep import Sweeper
from paymail.wiring import App, build
from tests.tasks.test_workers import EXTREMES, Works, broker_url, until, works

__all__ = ["broker_url", "works"]


def heartbeats(app: App) -> set[str]:
    with app.reading() as session:
        return set(session.scalars(select(Heartbeat.worker)))


class Sweep:
    """A sweep that goes on, in one long turn, until it is said to be dead; counts who asks."""

    def __init__(self) -> None:
        self.alive = True
        self.asked = 0

    def is_working(self) -> bool:
        self.asked += 1
        return self.alive


@EXTREMES
def test_each_process_of_a_prefork_worker_says_that_it_lives(works: Works) -> None:
    works.worker("prefork")
    until(lambda: len(heartbeats(works.app)) == 2)


def test_a_heartbeat_comes_while_a_turn_lasts_and_stops_with_the_sweep(settings: Settings) -> None:
    app, sweep = build(settings), Sweep()
    thread = Heartbeats(app, sweep, every=0.01)
    thread.start()
    until(lambda: heartbeats(app))
    assert next(iter(heartbeats(app))).endswith(f":{os.getpid()}")
    sweep.alive = False
    asked = sweep.asked
    until(lambda: sweep.asked > asked + 1)
    with app.transaction() as session:
        session.execute(delete(Heartbeat))
    asked = sweep.asked
    until(lambda: sweep.asked > asked + 3)
    assert heartbeats(app) == set()
    thread.stop()
    thread.join(20)
    app.close()


def test_a_sweeper_works_from_its_start_to_its_end(settings: Settings) -> None:
    app = build(settings)
    sweeper = Sweeper(app, every=0.01)
    assert not sweeper.is_working()
    sweeper.start()
    assert sweeper.is_working()
    sweeper.stop()
    sweeper.join(20)
    assert not sweeper.is_working()
    app.close()
