"""The Celery instance and the doorbell. Celery carries hints; the database carries the work."""

from pathlib import Path

from celery import Celery

from paymail import observability
from paymail.queue import embedded_broker

log = observability.logger(__name__)

DELIVER = "paymail.deliver"
TICK = "paymail.tick"
WORK_EVENT = "paymail.work_event"
QUEUE = "paymail"
HINT_LIFETIME = 30
"""Seconds; an older hint says nothing that the sweep does not know."""


def make_celery(broker_url: str, data_dir: Path, *, tick_seconds: float) -> Celery:
    """Return the Celery instance for a broker URL; empty means files in `data_dir` (embedded)."""
    app = Celery("paymail", broker=broker_url or embedded_broker.URL)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=False,  # a lost hint is swept up; a repeated one would only be refused by the claim
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=500,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,  # deliveries are fenced, let them end
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options=_transport_options(broker_url, data_dir),
        enable_utc=True,
        timezone="UTC",
        beat_schedule={
            "tick": {"task": TICK, "schedule": tick_seconds, "options": {"expires": tick_seconds}},
        },
        beat_scheduler="celery.beat:Scheduler",
    )
    return app


def _transport_options(broker_url: str, data_dir: Path) -> dict[str, object]:
    if broker_url:
        return {"socket_connect_timeout": 1.0, "socket_timeout": 5.0, "retry_on_timeout": False}
    folders = {name: str(data_dir / "bus" / name) for name in ("queue", "control")}
    for folder in folders.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    # Reader and writer share one folder: this is a broker within one machine.
    return {
        "data_folder_in": folders["queue"],
        "data_folder_out": folders["queue"],
        "control_folder": folders["control"],
        "polling_interval": 0.05,
    }
