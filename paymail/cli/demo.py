"""`paymail demo`: the whole job without a person."""

import json
import os
import random
import socket
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from paymail.cli.context import exits
from paymail.cli.sample_data import SAMPLE_SENDS, invoice_of, load_sample, sample_issuer, send_sample
from paymail.cli.up import running
from paymail.errors import Unavailable
from paymail.models import MessageKind, MessageState
from paymail.sandbox.customer import pay
from paymail.services.core.invoices import load_invoice
from paymail.services.lists import lookup
from paymail.wiring import App

TIMEOUT = 25.0


class DemoStuck(Unavailable):
    """A step of the demo did not end in time."""

    code = "demo_stuck"


@exits
def demo(
    folder: Annotated[Path | None, typer.Option(help="Folder for the results.")] = None,
) -> None:
    """Import 502 invoices, send three, pay one through the sandbox, and wait for its receipt."""
    place = folder or Path(tempfile.mkdtemp(prefix="paymail-demo-"))
    os.environ["PAYMAIL_DATA_DIR"] = str(place)
    rows: list[tuple[str, str, str]] = []
    with running(two_free_ports()) as (app, _children):
        started = time.monotonic()

        def done(step: str, result: str) -> None:
            rows.append((step, result, f"{time.monotonic() - started:.1f} s"))

        report = load_sample(app)
        done("import", f"{report.created} invoices, {report.rows} rows" if report else "done before")
        send_sample(app)
        _until(lambda: _sent(app, MessageKind.INVOICE) >= len(SAMPLE_SENDS), "the invoice emails")
        done("send", f"{_sent(app, MessageKind.INVOICE)} invoice emails with PDF")
        invoice = _pay(app, SAMPLE_SENDS[-1])
        done("pay", f"invoice {SAMPLE_SENDS[-1]} by card, confirmed: {invoice}")
        _until(lambda: _sent(app, MessageKind.RECEIPT) >= 1, "the receipt")
        done("receipt", f"{_sent(app, MessageKind.RECEIPT)} receipt email with PDF")
        mailbox = app.mailbox
    table = Table("step", "result", "after", title="paymail demo")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    typer.echo(f"The emails are in {mailbox}")


def _sent(app: App, kind: MessageKind) -> int:
    with app.reading() as session:
        return sum(1 for m in lookup.messages(session) if m.kind is kind and m.state is MessageState.SENT)


def _pay(app: App, number: str) -> str:
    with app.transaction() as session:
        issuer_id = sample_issuer(session, now=app.now()).issuer_id
        found = invoice_of(session, issuer_id=issuer_id, number=number)
        token = load_invoice(session, invoice_id=found or 0).payment_token
    api = f"{app.settings.public_url}/api/public/pay/{token}"
    created = _post(f"{api}/create-payment", {})
    paid = pay(str(created["clientSecret"]), base_url=app.settings.sandbox_url)
    return str(_post(f"{api}/confirm-payment", {"paymentIntentId": paid["id"]})["message"])


def _post(url: str, body: dict[str, object]) -> dict[str, object]:
    request = urllib.request.Request(  # noqa: S310 - our own http address
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        result: dict[str, object] = json.load(answer)
    return result


def _until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not reached():
        if time.monotonic() > deadline:
            raise DemoStuck(f"{what} not received within {TIMEOUT:.0f} s")
        time.sleep(0.05)


def two_free_ports() -> int:
    """Return a port that is free together with the one after it.

    Not one of those that systems give to outgoing connections: before its service listens, somebody's
    connection might sit on it, even that of who waits for the service, which then answers itself.
    """
    while True:
        port = random.randrange(20000, 32000)  # noqa: S311 - no secret
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
