"""`paymail issuers`: who bills."""

import json
from typing import Annotated

import typer

from paymail.cli.context import FAILURE, PARTIAL, exits, open_app
from paymail.cli.options import Json
from paymail.errors import Misconfigured, PaymailError
from paymail.ports.payment_domains import PaymentDomain, PaymentDomains
from paymail.services.core.calendar import zone_of
from paymail.services.core.issuers import all_issuers, ensure_issuer, find_issuer
from paymail.services.customers.addresses import checked
from paymail.services.customers.languages import checked_locale
from paymail.services.issuers import payment_domains

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


@issuers.command("register-domain")
@exits
def register_domain(
    issuer: Annotated[
        str, typer.Option("--issuer", help="Issuer id or name; not needed if there is only one.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Every issuer that has a Stripe account.")] = False,
    as_json: Json = False,
) -> None:
    """Register the pay page's domain at Stripe, so that customers see Apple Pay, Google Pay and Link.

    Safe to repeat. Exit codes: 0 registered, 1 refused, 3 no public HTTPS address, 4 refused for some.
    """
    if issuer and every:
        raise typer.BadParameter("give --issuer or --all, not both")
    app = open_app()
    domain = payment_domains.domain_of(app.settings.public_url)
    if not domain:
        raise Misconfigured(
            "PAYMAIL_PUBLIC_URL must be a public HTTPS address, such as https://pay.example.com"
        )
    with app.reading() as session:
        found = all_issuers(session) if every else [find_issuer(session, ref=issuer)]
        named = [(one.name, one.stripe_account) for one in found]
    results = [_registered(app.payment_domains, name, account, domain) for name, account in named]
    if as_json:
        typer.echo(json.dumps([data for data, _ in results], ensure_ascii=False))
    else:
        typer.echo("\n".join(text for _, text in results))
    refused = sum(1 for data, _ in results if "error" in data)
    if refused:
        raise typer.Exit(PARTIAL if refused < len(results) else FAILURE)


def _registered(
    domains: PaymentDomains, name: str, account: str, domain: str
) -> tuple[dict[str, object], str]:
    """Return what became of one issuer's domain, as JSON and in words."""
    data: dict[str, object] = {"issuer": name, "account": account, "domain": domain}
    if not account:
        return data | {"error": "no_stripe_account"}, f"{name}: has no Stripe account"
    try:
        found = payment_domains.register(domains, account=account, name=domain)
    except PaymailError as error:
        return data | {"error": error.code}, f"{name}: {error}"
    wallets = {wallet.name: "active" if wallet.active else "inactive" for wallet in found.wallets}
    reasons = {wallet.name: wallet.reason for wallet in found.wallets if wallet.reason}
    return data | {"wallets": wallets, "reasons": reasons}, f"{name}: {_line(found, account)}"


def _line(found: PaymentDomain, account: str) -> str:
    states = ", ".join(
        f"{wallet.name} {'active' if wallet.active else 'inactive'}"
        f"{f' ({wallet.reason})' if wallet.reason and not wallet.active else ''}"
        for wallet in found.wallets
    )
    return f"{found.name} is registered for {account}: {states}"
