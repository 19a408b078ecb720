"""`paymail sandbox`: the Stripe-compatible server, and its customer."""

import json
from typing import Annotated

import typer

from paymail.cli import parent_watch, ports
from paymail.cli.context import FAILURE, exits, load_settings
from paymail.sandbox.config import SandboxConfig
from paymail.sandbox.customer import SandboxDeclined, pay
from paymail.sandbox.server import serve
from paymail.sandbox.wire import WireError
from paymail.settings import SANDBOX_WEBHOOK_SECRET
from paymail.wiring import make_data_folder

group = typer.Typer(help="A Stripe-compatible server for trying out paymail.", no_args_is_help=True)


@group.command("serve")
@exits
def serve_(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8026,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    webhook_url: Annotated[str, typer.Option(help="Where to send webhooks; this paymail by default.")] = "",
) -> None:
    """Serve the sandbox until interrupted."""
    parent_watch.hold_on()
    ports.refuse_taken(host, port)
    settings = load_settings()
    config = SandboxConfig(
        webhook_url=webhook_url or f"{settings.public_url}/webhooks/stripe",
        webhook_secret=SANDBOX_WEBHOOK_SECRET,
        state_path=make_data_folder(settings) / "sandbox.db",
    )
    serve(config, host=host, port=port)


@group.command("pay")
@exits
def pay_(
    client_secret: str,
    card: Annotated[
        str, typer.Option(help="Test card number, or a kind such as konbini or payto.")
    ] = "4242424242424242",
) -> None:
    """Act as the customer: pay an intent with a test card; prints the intent's id and status."""
    settings = load_settings()
    try:
        intent = pay(client_secret, card, base_url=settings.sandbox_url)
    except SandboxDeclined as declined:
        typer.echo(f"declined: {declined.code}: {declined.message}", err=True)
        raise typer.Exit(FAILURE) from None
    except WireError as error:
        typer.echo(f"paymail: the sandbox is not responding: {error}", err=True)
        raise typer.Exit(FAILURE) from None
    typer.echo(json.dumps({"id": intent["id"], "status": intent["status"]}))
