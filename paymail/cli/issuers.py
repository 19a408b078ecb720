"""`paymail issuers`: who bills."""

from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.services.core.calendar import zone_of
from paymail.services.core.issuers import ensure_issuer
from paymail.services.customers.addresses import checked
from paymail.services.customers.languages import checked_locale

issuers = typer.Typer(help="Issuers: the businesses that send invoices.", no_args_is_help=True)


@issuers.command("add")
@exits
def add(
    name: str,
    email: str,
    stripe_account: Annotated[str, typer.Option(help="Connected Stripe account (acct_…).")] = "",
    tax_id: str = "",
    tax_name: str = "GST",
    address: str = "",
    reply_to: str = "",
    timezone: str = "Australia/Sydney",
    locale: str = "en-AU",
) -> None:
    """Create an issuer; an existing issuer of the same name is left unchanged."""
    app = open_app()
    zone_of(timezone)
    with app.transaction() as session:
        issuer = ensure_issuer(
            session,
            name=name,
            email=checked(email),
            now=app.now(),
            stripe_account=stripe_account,
            tax_id=tax_id,
            tax_name=tax_name,
            address=address,
            reply_to=checked(reply_to) if reply_to else "",
            timezone=timezone,
            locale=checked_locale(locale),
        )
    typer.echo(f"issuer {issuer.issuer_id}: {issuer.name}")
