"""The mail settings reach the wire: return path, notifications and signature, the same at every try."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select

from paymail import clock
from paymail.models import Message, MessageState
from paymail.ports.return_path import verp_token
from paymail.services.delivery import deliveries
from paymail.services.outbox import blobs
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.wiring import App, build
from tests.contract.mail.sink import Sink
from tests.factories import make_invoice


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink(EHLO="250-sink\r\n250-8BITMIME\r\n250-DSN\r\n250 SIZE 50000000") as found:
        yield found


@pytest.fixture
def app(settings: Settings, sink: Sink, tmp_path: Path) -> Iterator[App]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "dkim.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    mail = {
        "mail_transport": "smtp",
        "smtp_port": sink.port,
        "smtp_security": "none",
        "bounce_address": "bounces@pay.example",
        "dkim_domain": "southern-it.example",
        "dkim_selector": "s1",
        "dkim_key_file": str(file),
    }
    found = build(settings.model_copy(update=mail))
    yield found
    found.close()


def spoken(sink: Sink, verb: str) -> list[str]:
    return [command for command in sink.commands if command.startswith(verb)]


def test_a_message_names_itself_to_the_server_and_is_signed_alike_at_every_try(app: App, sink: Sink) -> None:
    with app.transaction() as session:
        make_invoice(session)
        message_id = send_invoice(session, invoice_id=502, actor="test", now=app.now()).message_id
    sink.once["dot"] = ["451 4.6.0 not just now"]
    deliveries.deliver(app.delivery_context(), message_id=message_id)
    object.__setattr__(app, "now", lambda: clock.utc_now() + timedelta(minutes=5))
    deliveries.deliver(app.delivery_context(), message_id=message_id)
    with app.reading() as session:
        message = session.scalars(select(Message)).one()
        kept = blobs.fetch(session, sha256=message.mime_sha256 or "")
    assert message.state is MessageState.SENT
    token = message.header_id[1:25]
    assert verp_token(message.sender) == token
    size = len(kept)
    command = f"mail FROM:<bounces+{token}@pay.example> SIZE={size} RET=HDRS ENVID={token}"
    assert spoken(sink, "mail") == [command, command]
    assert set(spoken(sink, "rcpt")) == {
        "rcpt TO:<c502@customer.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;c502@customer.example"
    }
    assert kept.startswith(b"DKIM-Signature: v=1; a=rsa-sha256;")
    assert sink.accepted == [kept]
