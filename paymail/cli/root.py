"""The commands, put together."""

import typer

from paymail.cli.deferred import Place, deferred

PLACES = {
    "up": Place("up", "up", "Run web, worker, beat and sandbox together on embedded defaults, until Ctrl-C."),
    "demo": Place(
        "demo",
        "demo",
        "Import 502 invoices, send three, pay one through the sandbox, and wait for its receipt.",
    ),
    "import": Place(
        "importing", "import_", "Import invoices. Repeatable: what is known is compared, never rewritten."
    ),
    "web": Place("serving", "web", "Serve the pay pages, the API and the staff pages."),
    "worker": Place("working", "worker", "Deliver messages and work on Stripe's events."),
    "beat": Place("ringing", "beat", "Ring the periodic tick."),
    "tick": Place(
        "working",
        "tick",
        "Do once what the workers do: deliver what is due, work on events, reconcile when it is time.",
    ),
    "doctor": Place(
        "doctor",
        "doctor",
        "Check settings, database, broker, workers, mail, Stripe and DNS. Changes nothing.",
    ),
    "reconcile": Place(
        "reconciling", "reconcile", "Settle what the webhooks missed, then compare the books with Stripe."
    ),
    "forecast": Place(
        "reminders", "forecast_", "Say what will go out, to whom and when, and what is held back and why."
    ),
    "preview": Place(
        "preview",
        "preview",
        "Show an email as it will be sent, or as it was, with its secret pay link. Sends and stores nothing.",
    ),
    "invoices": Place("billing", "group", "Invoices."),
    "payments": Place("money", "group", "Payments, refunds and receipts."),
    "plans": Place("plans", "group", "Payment plans."),
    "reminders": Place("preferences", "group", "How reminders are set up."),
    "bulk": Place("bulk", "group", "Bulk sends: invoice emails for a filter."),
    "messages": Place("messages", "group", "Emails in the outbox."),
    "customers": Place("customers", "group", "Customers."),
    "events": Place("events", "group", "Events received from Stripe."),
    "bounces": Place("bounces", "group", "Bounce reports."),
    "suppressions": Place("suppressions", "group", "Addresses that must not be mailed."),
    "keys": Place("keys", "group", "Keys of the staff API."),
    "db": Place("database", "group", "The database schema."),
    "staff": Place("staff", "group", "Staff users."),
    "issuers": Place("staff", "issuers", "Issuers: who bills."),
    "sandbox": Place("sandbox", "group", "A Stripe-compatible server for trying paymail."),
}

cli = typer.Typer(name="paymail", cls=deferred(PLACES), no_args_is_help=True, pretty_exceptions_enable=False)


@cli.callback()
def paymail() -> None:
    """The email invoicing pipeline."""
