"""The commands, put together."""

import os
from pathlib import Path
from typing import Annotated

import typer

from paymail import __version__
from paymail.cli import root_options
from paymail.cli.lazy_commands import Place, deferred
from paymail.environment import ENV_FILE

PLACES = {
    "up": Place("up", "up", "Run web, worker, beat and sandbox together on embedded defaults, until Ctrl-C."),
    "demo": Place(
        "demo",
        "demo",
        "Import 502 invoices, send three, pay one through the sandbox, and wait for its receipt.",
    ),
    "import": Place(
        "import_",
        "import_",
        "Import invoices; invalid ones are named and left out. Repeatable: known invoices are compared.",
    ),
    "profiles": Place(
        "profiles", "group", "How other systems' files are read: built-in profiles, and your own."
    ),
    "web": Place("web", "web", "Serve the pay pages, the API and the staff pages."),
    "worker": Place("worker", "worker", "Deliver messages and process Stripe events."),
    "beat": Place("beat", "beat", "Trigger the workers' periodic jobs."),
    "tick": Place(
        "tick",
        "tick",
        "Run the workers' jobs once: deliver due messages, process events, reconcile if due.",
    ),
    "doctor": Place(
        "doctor",
        "doctor",
        "Check settings, database, broker, workers, mail, Stripe and DNS, without changing anything.",
    ),
    "reconcile": Place(
        "reconcile", "reconcile", "Record what the webhooks missed, then compare paymail with Stripe."
    ),
    "sync": Place("sync", "group", "Sync with your system's own database."),
    "forecast": Place(
        "forecast",
        "forecast_",
        "Show which emails will go out, to whom and when, and which are held back and why.",
    ),
    "preview": Place(
        "preview",
        "preview",
        "Show an email as it will be or was sent, with its secret pay link. Sends and stores nothing.",
    ),
    "export": Place("export", "group", "Lists, the GST report, and files for accounting systems."),
    "imports": Place("imports", "group", "Imports: what each brought, sending it, and taking it back."),
    "invoices": Place("invoices", "group", "Invoices."),
    "objections": Place(
        "objections", "group", "What customers say is wrong with invoices, and your answers."
    ),
    "open": Place("open_", "open_", "Print the address of an invoice's staff page."),
    "payments": Place("payments", "group", "Payments, refunds and receipts."),
    "refunds": Place("refunds", "group", "Refunds that wait for a second person's approval."),
    "plans": Place("plans", "group", "Payment plans."),
    "reminders": Place("reminders", "group", "Reminder settings."),
    "bulk": Place("bulk", "group", "Send invoice emails in bulk."),
    "messages": Place("messages", "group", "Emails in the outbox."),
    "contacts": Place("contacts", "group", "Further recipients of a customer's emails."),
    "customers": Place("customers", "group", "Customers."),
    "events": Place("events", "group", "Events received from Stripe."),
    "bounces": Place("bounces", "group", "Bounce reports."),
    "suppressions": Place("suppressions", "group", "Email addresses that paymail must not send to."),
    "keys": Place("keys", "group", "Keys for the staff API."),
    "db": Place("db", "group", "The database schema."),
    "staff": Place("staff", "group", "Staff users."),
    "audit": Place("audit", "group", "The audit log: who did what, and when."),
    "issuers": Place("issuers", "issuers", "Issuers: the businesses that send invoices."),
    "sandbox": Place("sandbox", "group", "A Stripe-compatible server for trying out paymail."),
}

cli = typer.Typer(name="paymail", cls=deferred(PLACES), no_args_is_help=True, pretty_exceptions_enable=False)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"paymail {__version__}")
        raise typer.Exit


@cli.callback()
def paymail(
    version: Annotated[  # noqa: ARG001 - its callback acts
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit."),
    ] = False,
    env_file: Annotated[
        str, typer.Option(metavar="FILE", help="File of PAYMAIL_… variables; the environment wins over it.")
    ] = "",
    show_database: Annotated[
        bool, typer.Option("--show-database", help="Say on stderr which database is used.")
    ] = False,
) -> None:
    """The email invoicing pipeline."""
    root_options.show_database.set(show_database)
    if env_file:
        # In the environment: the processes that `up` and `web` start read the same file.
        os.environ[ENV_FILE] = str(Path(env_file).absolute())
