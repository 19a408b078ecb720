"""Traces are off until they are asked for, and then go to the collector of that address."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from paymail import request_ids, spans
from paymail.cli import traces
from paymail.errors import Misconfigured
from paymail.settings import Settings


class Collector(BaseHTTPRequestHandler):
    """Takes what an exporter posts."""

    taken: ClassVar[list[ExportTraceServiceRequest]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.taken.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Collector)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/traces"
    spans.open_with(None)
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_spans_reach_the_collector_under_the_name_of_the_service(
    collector: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    traces.send_if_wanted("worker", Settings(data_dir=tmp_path, traces_url=collector))
    with request_ids.bound("mine"), spans.span("deliver"):
        pass
    waited = threading.Event()
    while not Collector.taken:
        waited.wait(0.02)
    (resource,) = Collector.taken[0].resource_spans
    assert "paymail-worker" in str(resource.resource)
    (span,) = resource.scope_spans[0].spans
    assert span.name == "deliver"
    assert [(one.key, one.value.string_value) for one in span.attributes] == [("paymail.request_id", "mine")]


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://"])
def test_an_address_that_cannot_be_one_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(Misconfigured, match="PAYMAIL_TRACES_URL"):
        traces.send_if_wanted("web", Settings(data_dir=tmp_path, traces_url=url))


def test_without_the_extra_the_setting_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "paymail.cli.trace_export", None)
    with pytest.raises(Misconfigured, match=r"install paymail\[otel\]"):
        traces.send_if_wanted(
            "web", Settings(data_dir=tmp_path, traces_url="http://127.0.0.1:4318/v1/traces")
        )


def test_services_that_send_no_traces_import_no_exporter() -> None:
    # Of the SDK the client of Redis imports a part by itself, where it is installed.
    asked = (
        "import sys, paymail.cli.web, paymail.cli.worker;"
        "print(any('opentelemetry.exporter' in name or 'trace_export' in name for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
