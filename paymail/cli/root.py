"""The commands, put together."""

import typer

from paymail.cli import (
    bounces,
    bulk,
    customers,
    database,
    demo,
    doctor,
    events,
    importing,
    invoices,
    keys,
    links,
    messages,
    money,
    plans,
    preferences,
    preview,
    reconciling,
    reminders,
    sandbox,
    services,
    staff,
    suppressions,
    up,
)

cli = typer.Typer(
    name="paymail", help="The email invoicing pipeline.", no_args_is_help=True, pretty_exceptions_enable=False
)
cli.command("up")(up.up)
cli.command("demo")(demo.demo)
cli.command("import")(importing.import_)
cli.command("web")(services.web)
cli.command("worker")(services.worker)
cli.command("beat")(services.beat)
cli.command("tick")(services.tick)
cli.command("doctor")(doctor.doctor)
cli.command("reconcile")(reconciling.reconcile)
cli.command("forecast")(reminders.forecast_)
cli.command("preview")(preview.preview)
invoices.group.command("link")(links.link)
cli.add_typer(invoices.group, name="invoices")
cli.add_typer(money.group, name="payments")
cli.add_typer(plans.group, name="plans")
cli.add_typer(preferences.group, name="reminders")
cli.add_typer(bulk.group, name="bulk")
cli.add_typer(messages.group, name="messages")
cli.add_typer(customers.group, name="customers")
cli.add_typer(events.group, name="events")
cli.add_typer(bounces.group, name="bounces")
cli.add_typer(suppressions.group, name="suppressions")
cli.add_typer(keys.group, name="keys")
cli.add_typer(database.group, name="db")
cli.add_typer(staff.group, name="staff")
cli.add_typer(staff.issuers, name="issuers")
cli.add_typer(sandbox.group, name="sandbox")
