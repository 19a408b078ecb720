"""A sweeping process says that it lives, at most every ten seconds."""

import os
import time
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from paymail.models import Heartbeat
from paymail.settings import Settings
from paymail.tasks.sweeping import Sweeper
from paymail.wiring import build


def until(reached: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


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
