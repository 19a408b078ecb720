"""A sweeping process says that it lives, at most every ten seconds."""

import os
from datetime import datetime

from sqlalchemy import select

from paymail.models import Heartbeat
from paymail.settings import Settings
from paymail.tasks.sweep import Sweeper
from paymail.wiring import App, build
from tests.tasks.test_workers import EXTREMES, Works, broker_url, until, works

__all__ = ["broker_url", "works"]


def heartbeats(app: App) -> set[str]:
    with app.reading() as session:
        return set(session.scalars(select(Heartbeat.worker)))


@EXTREMES
def test_each_process_of_a_prefork_worker_says_that_it_lives(works: Works) -> None:
    works.worker("prefork")
    until(lambda: len(heartbeats(works.app)) == 2)


def test_a_sweeper_writes_its_heartbeat_once_for_many_turns(settings: Settings) -> None:
    app = build(settings)
    now = app.now
    asked: list[datetime] = []

    def noted_now() -> datetime:
        asked.append(now())
        return asked[-1]

    object.__setattr__(app, "now", noted_now)
    sweeper = Sweeper(app, every=0.01)
    sweeper.start()
    until(lambda: len(asked) > 40)
    sweeper.stop()
    sweeper.join(20)
    with app.reading() as session:
        (row,) = session.scalars(select(Heartbeat))
    assert row.worker.endswith(f":{os.getpid()}")
    assert row.seen_at in asked[:3]
    app.close()
