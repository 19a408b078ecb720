"""The port that Prometheus scrapes, beside a service and never in its way."""

from paymail import metrics, observability
from paymail.checks.gauges import DatabaseGauges
from paymail.settings import Settings
from paymail.wiring import build

log = observability.logger(__name__)


def open_if_wanted(service: str, settings: Settings) -> None:
    """Serve metrics if PAYMAIL_METRICS_PORT is set. A port that is taken is logged; the service goes on."""
    if not settings.metrics_port:
        return
    folder = settings.data_dir.absolute() / "metrics" / service
    try:
        metrics.publish(settings.metrics_host, settings.metrics_port, folder, DatabaseGauges(build(settings)))
    except OSError as error:
        log.error("metrics are not served", port=settings.metrics_port, reason=error.strerror)
