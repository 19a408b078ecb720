"""Redis flushed, gone, or not there at all: mail flows from the database."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from paymail.queue.celery_app import make_celery
from paymail.queue.doorbell import CeleryDoorbell
from tests.brokers import OwnRedis
from tests.conftest import free_port
from tests.tasks.test_heartbeat import heartbeats
from tests.tasks.test_workers import Works, until, works

__all__ = ["works"]


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def broker_url(own_redis: OwnRedis) -> str:
    return own_redis.url


def test_prefork_workers_deliver_while_redis_is_gone_and_after_it_is_back(
    works: Works, own_redis: OwnRedis
) -> None:
    works.worker(pool="prefork", sweep="0.5")
    own_redis.kill()
    started = time.monotonic()
    message_id = works.send(2)
    assert time.monotonic() - started < 10, "queueing must not wait for a dead broker"
    works.until_sent(message_id)
    own_redis.start()
    works.until_sent(works.send(3))
    assert works.emails() == 3


@pytest.mark.thorough
def test_a_dead_broker_costs_one_time_out_not_one_per_message(tmp_path: Path) -> None:
    doorbell = CeleryDoorbell(make_celery(f"redis://127.0.0.1:{free_port()}/0", tmp_path, tick_seconds=2))
    started = time.monotonic()
    for number in range(200):
        doorbell.ring(number)
        doorbell.ring_event(str(number))
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_a_worker_that_starts_without_its_redis_sweeps_and_is_alive(
    works: Works, own_redis: OwnRedis, pool: str
) -> None:
    own_redis.kill()
    message_id = works.send(2)
    works.start("worker", "--pool", pool, "--concurrency", "2", sweep="0.5")
    works.until_sent(message_id, 60)
    until(lambda: heartbeats(works.app))
    own_redis.start()
    works.until_sent(works.send(3))
