"""Spans by the OpenTelemetry SDK. Its provider is our own, not the global one, which other packages write to:
FastAPI would add whole paths, and so pay tokens."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import StatusCode

from paymail import request_ids, spans


class _IdsOfRequests(RandomIdGenerator):
    """Trace ids made from request ids: what one request caused is one trace, in whichever process."""

    def generate_trace_id(self) -> int:
        """Return the trace of the present request, or a new one."""
        if not (request_id := request_ids.current()):
            return super().generate_trace_id()
        return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:16]) or 1

    def is_trace_id_random(self) -> bool:
        """Not to be vouched for: a proxy or a client may give the id."""
        return False


class _Span:
    """Implements `spans.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def say(self, attributes: spans.Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def fail(self, kind: str) -> None:
        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)


def to_collector(service: str, url: str) -> spans.Opener:
    """Return what opens spans that are sent to an OTLP/HTTP address, in batches and beside the work."""
    return through(service, BatchSpanProcessor(OTLPSpanExporter(url)))


def through(service: str, processor: SpanProcessor) -> spans.Opener:
    """Return what opens spans that `processor` is given."""
    provider = TracerProvider(
        resource=Resource.create({SERVICE_NAME: service}), id_generator=_IdsOfRequests()
    )
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("paymail")

    @contextmanager
    def opened(name: str) -> Iterator[spans.Span]:
        # The text of an exception may quote anything.
        with tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as found:
            yield _Span(found)

    return opened
