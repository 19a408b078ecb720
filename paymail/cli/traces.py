"""Traces for a collector, if PAYMAIL_TRACES_URL is set: the optional part that `paymail[otel]` installs."""

from urllib.parse import urlsplit

from paymail import spans
from paymail.errors import Misconfigured
from paymail.settings import Settings


def send_if_wanted(service: str, settings: Settings) -> None:
    """Send this process's spans from here on. Raises Misconfigured."""
    if not settings.traces_url:
        return
    url = urlsplit(settings.traces_url)
    if url.scheme not in ("http", "https") or not url.hostname:
        raise Misconfigured("PAYMAIL_TRACES_URL: must start with http:// or https://")
    try:
        from paymail.cli.trace_export import to_collector
    except ImportError as error:
        raise Misconfigured("PAYMAIL_TRACES_URL needs OpenTelemetry: install paymail[otel]") from error
    spans.open_with(to_collector(f"paymail-{service}", settings.traces_url))
