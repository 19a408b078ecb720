"""Settings, folder and address: what starts and still cannot work."""

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pydantic import SecretStr

from paymail.checks import Verdict
from paymail.settings import Settings
from paymail.wiring import App
from tests.checks.conftest import ask, verdicts

Open = Callable[..., App]
REAL = {
    "stripe_secret_key": SecretStr("sk_live_x1"),
    "stripe_publishable_key": "pk_live_x1",
    "stripe_webhook_secrets": SecretStr("whsec_x"),
    "mail_transport": "smtp",
    "public_url": "https://pay.southern-it.com",
    "trusted_proxies": "10.0.0.1",
}


def test_embedded_settings_and_production_settings_are_fine(opened: Open, embedded: Settings) -> None:
    for changes in ({}, REAL):
        (found,) = ask(opened(embedded, **changes), "settings")
        assert found.verdict is Verdict.OK


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({"public_url": "http://pay.southern-it.com"}, Verdict.FAILED, "no HTTPS"),
        ({"public_url": "https://127.0.0.1"}, Verdict.FAILED, "only works on this machine"),
        ({"public_url": "https://localhost:8025"}, Verdict.FAILED, "only works on this machine"),
        ({"public_url": "https://[::1]"}, Verdict.FAILED, "only works on this machine"),
        ({"public_url": "https://0.0.0.0"}, Verdict.FAILED, "only works on this machine"),
        ({"public_url": "https://pay.southern-it.com/pay"}, Verdict.FAILED, "must only have a scheme"),
        ({"public_url": "https://pay.southern-it.com?x=1"}, Verdict.FAILED, "must only have a scheme"),
        ({"public_url": "https://u:p@pay.southern-it.com"}, Verdict.FAILED, "must only have a scheme"),
        ({"public_url": "https://"}, Verdict.FAILED, "no host"),
        ({"mail_transport": "mailbox"}, Verdict.FAILED, "emails are only saved as files"),
        ({"stripe_webhook_secrets": SecretStr(" , ")}, Verdict.FAILED, "no webhook secret"),
        ({"trusted_proxies": ""}, Verdict.WARNING, "no trusted proxy"),
    ],
)
def test_settings_that_start_but_cannot_work_are_named(
    opened: Open, embedded: Settings, changes: dict[str, object], verdict: Verdict, words: str
) -> None:
    (found,) = ask(opened(embedded, **REAL | changes), "settings")
    assert (found.verdict, words in found.found, bool(found.remedy)) == (verdict, True, True), found


def test_a_system_without_pango_is_told_that_no_pdf_can_be_made(
    opened: Open, embedded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(embedded)
    assert verdicts(ask(app, "pdf")) == [Verdict.OK]
    monkeypatch.setitem(sys.modules, "paymail.render.printer", None)
    (found,) = ask(app, "pdf")
    assert (found.verdict, "PDFs cannot be created" in found.found) == (Verdict.FAILED, True)


def test_a_sandbox_that_customers_can_reach_is_a_warning(opened: Open, embedded: Settings) -> None:
    found = ask(opened(embedded, public_url="http://pay.southern-it.com"), "settings")
    assert verdicts(found) == [Verdict.WARNING]


def test_a_data_folder_is_writable_and_ours_alone(opened: Open, embedded: Settings, tmp_path: Path) -> None:
    app = opened(embedded)
    assert verdicts(ask(app, "data folder")) == [Verdict.OK]
    assert sorted(file.name for file in embedded.data_dir.iterdir()) == ["bus", "paymail.db"]
    embedded.data_dir.chmod(0o755)
    assert "open to other users" in ask(app, "data folder")[0].found
    object.__setattr__(app, "settings", embedded.model_copy(update={"data_dir": tmp_path / "gone"}))
    (found,) = ask(app, "data folder")
    assert (found.verdict, "No such file" in found.found) == (Verdict.FAILED, True)


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b'{"status": "ok"}', Verdict.OK),
        (200, b"<html>welcome</html>", Verdict.WARNING),
        (200, b"[]", Verdict.WARNING),
        (502, b"bad gateway", Verdict.WARNING),
    ],
)
def test_the_public_address_must_lead_here(
    opened: Open, embedded: Settings, status: int, body: bytes, verdict: Verdict
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    assert verdicts(ask(opened(embedded, public_url=url), "public address")) == [verdict]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_public_address_that_nobody_answers_is_a_warning_only(opened: Open, embedded: Settings) -> None:
    for url in ("http://127.0.0.1:9", "https://127.0.0.1:9", "https://"):
        (found,) = ask(opened(embedded, public_url=url), "public address")
        assert found.verdict in (Verdict.WARNING, Verdict.NOT_ASKED)
