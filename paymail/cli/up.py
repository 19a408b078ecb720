"""`paymail up`: everything on this machine, with sample data, from one command."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from paymail.cli import folder_lock, ports, start_line
from paymail.cli.child_processes import Children, wait_until_answering
from paymail.cli.context import exits, load_settings, open_app, say
from paymail.cli.sample_data import (
    SAMPLE_ISSUER,
    SAMPLE_SENDS,
    SAMPLE_STAFF,
    invoice_of,
    load_sample,
    send_sample,
    staff_password,
)
from paymail.cli.sample_workplace import load_workplace
from paymail.db import schema
from paymail.services.core.invoices import load_invoice, payment_url
from paymail.services.core.issuers import find_issuer
from paymail.settings import RUNTIME_FILE
from paymail.wiring import App, make_data_folder

START_TIMEOUT = 60.0


@exits
def up(
    port: Annotated[int, typer.Option(help="Port for the web pages; the sandbox uses the next port.")] = 8025,
    sample_data: Annotated[
        bool, typer.Option(help="Import the sample: two companies at work, dated from today.")
    ] = True,
) -> None:
    """Run web, worker, beat and sandbox together on embedded defaults, until Ctrl-C."""
    # SIGINT too: a shell that starts this in the background has it ignored, and nothing else would stop it.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, signal.default_int_handler)
    with running(port) as (app, children):
        password = staff_password(app)
        if sample_data:
            load_sample(app)
            send_sample(app)
            if app.settings.mail_transport == "mailbox":  # nothing made up goes to a real server
                load_workplace(app)
        _announce(app, password, sample_data)
        try:
            while True:
                children.look_after()
                time.sleep(0.2)
        except KeyboardInterrupt:
            typer.echo("stopping…", err=True)


@contextmanager
def running(port: int) -> Iterator[tuple[App, Children]]:
    """Run all services on `port` and the next one; yields once they answer."""
    folder = make_data_folder(load_settings())
    with folder_lock.held(folder):
        environment = _publish(port, folder)
        app = open_app(migrate=False, new_database=True)
        start_line.say("up", app.settings)
        schema.upgrade(app.engine, tell=say)  # a server's schema too: this one process starts everything else
        with Children(_commands(port, sandboxed=app.settings.sandboxed), environment) as children:
            if app.settings.sandboxed:
                url = f"{app.settings.sandbox_url}/healthz"
                wait_until_answering(url, seconds=START_TIMEOUT, children=children)
            web = f"http://127.0.0.1:{port}/readyz"
            wait_until_answering(web, seconds=START_TIMEOUT, children=children)
            yield app, children
        app.close()


def _commands(port: int, *, sandboxed: bool) -> dict[str, list[str]]:
    commands = {
        "web": ["web", "--port", str(port)],
        "worker": ["worker", "--pool", "threads", "--concurrency", "2"],
        "beat": ["beat"],
    }
    if sandboxed:
        commands["sandbox"] = ["sandbox", "serve", "--port", str(port + 1)]
    return commands


def _publish(port: int, folder: Path) -> dict[str, str]:
    """Write the addresses where a CLI beside us finds them; the environment still wins over them."""
    for taken in (port, port + 1):
        ports.refuse_taken("127.0.0.1", taken)
    published = {
        "public_url": f"http://127.0.0.1:{port}",
        "sandbox_url": f"http://127.0.0.1:{port + 1}",
    }
    draft = folder / f".{RUNTIME_FILE}.{os.getpid()}"
    draft.write_text(json.dumps(published))
    draft.replace(folder / RUNTIME_FILE)
    return {"PAYMAIL_DATA_DIR": str(folder.absolute()), "PAYMAIL_EMBEDDED": "1"}


def _announce(app: App, password: str, sample: bool) -> None:
    base = app.settings.public_url
    typer.echo(f"staff pages  {base}/staff/   ({SAMPLE_STAFF}, password {password})")
    typer.echo(f"mailbox      {base}/staff/mailbox")
    if sample:
        with app.reading() as session:
            issuer_id = find_issuer(session, ref=SAMPLE_ISSUER).issuer_id
            found = invoice_of(session, issuer_id=issuer_id, number=SAMPLE_SENDS[-1])
            link = payment_url(base, load_invoice(session, invoice_id=found or 0))
        typer.echo(f"pay link     {link}")
    typer.echo("Press Ctrl-C to stop everything.")
