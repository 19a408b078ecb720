"""`paymail issuers`: who bills."""

import json
from pathlib import Path
from typing import Annotated

import typer

from paymail.cli.context import FAILURE, PARTIAL, exits, open_app
from paymail.cli.options import Json
from paymail.cli.output import said
from paymail.cli.wording import wording
from paymail.errors import Misconfigured, PaymailError
from paymail.ports.payment_domains import PaymentDomain, PaymentDomains
from paymail.services.core.calendar import zone_of
from paymail.services.core.email_addresses import checked
from paymail.services.core.issuers import all_issuers, create_issuer, find_issuer
from paymail.services.core.locales import checked_locale
from paymail.services.core.logos import logo_path
from paymail.services.core.tax_invoices import lacks_abn, mend
from paymail.services.issuers import bank_changes, issuer_settings, logos, payment_domains, setting_texts
from paymail.services.issuers.bank_details import BANK_FIELDS
from paymail.services.issuers.bank_notice import in_words
from paymail.services.issuers.setting_history import changes_of
from paymail.web.schemas.issuers import IssuerDetail, IssuerRow

issuers = typer.Typer(help="Issuers: the businesses that send invoices.", no_args_is_help=True)
issuers.add_typer(wording, name="wording")
Ref = Annotated[str, typer.Argument(help="Issuer id or name; not needed if there is only one.")]


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
    """Create an issuer. If there is one of this name it is left unchanged, and the command fails."""
    app = open_app()
    zone_of(timezone)
    with app.transaction() as session:
        issuer = create_issuer(
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
        hint = mend(issuer) if lacks_abn(issuer) else ""
    typer.echo(f"issuer {issuer.issuer_id}: {issuer.name}")
    if hint:
        typer.echo(f"invoices with GST cannot be sent yet: {hint}", err=True)


@issuers.command("list")
@exits
def list_(as_json: Json = False) -> None:
    """List issuers, the oldest first."""
    app = open_app()
    with app.reading() as session:
        rows = [IssuerRow.of(issuer).model_dump(mode="json") for issuer in all_issuers(session)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        account = row["stripe_account"] or "no Stripe account"
        typer.echo(f"{row['issuer_id']:>6}  {row['name']}  {row['email']}  {account}")


@issuers.command("show")
@exits
def show(issuer: Ref = "", as_json: Json = False) -> None:
    """Show an issuer with its settings, and what was changed of it by whom."""
    app = open_app()
    with app.reading() as session:
        found = find_issuer(session, ref=issuer)
        changes = changes_of(session, issuer_id=found.issuer_id)
        asked = bank_changes.waiting(session, issuer_id=found.issuer_id)
        data = IssuerDetail.with_changes(found, changes, asked).model_dump(mode="json")
    if as_json:
        typer.echo(json.dumps(data, ensure_ascii=False))
        return
    changed = data.pop("changes")
    for name, value in data.items():
        typer.echo(f"{name:20} {value}")
    for one in changed:
        typer.echo(f"{one['at']}  {one['actor']}: {one['setting']} {one['old']!r} -> {one['new']!r}")


@issuers.command("set")
@exits
def set_(
    issuer: Annotated[str, typer.Argument(help="Issuer id or name.")],
    changes: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE...", help="For example link_days=never.")
    ],
    as_json: Json = False,
) -> None:
    """Change details and settings of an issuer, all of them or none.

    Names: email, reply_to, bookkeeper_email, address, phone, tax_id, tax_name, tax_label, locale, colour,
    terms, footer, legal_name, website, currency, bank_holder, bank_name, bank_bsb, bank_number, bank_payid,
    bank_iban, bank_bic, and every issuer setting. Its name and Stripe account cannot be changed.

    Bank details take effect after 48 hours; the first ones, while no invoice is issued, at once. All staff
    are told at once.
    """
    given = [change.partition("=") for change in changes]
    if any(not sign for _, sign, _ in given):
        raise typer.BadParameter("write each change as NAME=VALUE")
    app = open_app()
    with app.transaction() as session:
        found = find_issuer(session, ref=issuer)
        changed = issuer_settings.set_up_issuer(
            session,
            issuer=found,
            changes={name: setting_texts.read(name, value) for name, _, value in given},
            actor="cli",
            now=app.now(),
        )
        issuer_id = found.issuer_id
        asked = bank_changes.waiting(session, issuer_id=issuer_id)
    what = ", ".join(changed) or "nothing"
    said({"issuer_id": issuer_id, "changed": changed}, f"issuer {issuer_id}: changed {what}", as_json)
    if asked is not None:
        typer.echo(f"the bank details change on {asked.due_at.isoformat(timespec='minutes')}", err=True)


@issuers.command("confirm-bank")
@exits
def confirm_bank(issuer: Ref = "", as_json: Json = False) -> None:
    """Let the change of bank details that waits take effect now. Compare them with your bank's before.

    Only here: who has stolen a login or an API key has no access to the server.
    """
    app = open_app()
    with app.transaction() as session:
        found = find_issuer(session, ref=issuer)
        bank_changes.confirm(session, issuer=found, actor="cli", now=app.now())
        issuer_id, details = found.issuer_id, {name: getattr(found, name) for name in BANK_FIELDS}
    said({"issuer_id": issuer_id, **details}, f"issuer {issuer_id}: {in_words(details)}", as_json)


@issuers.command("cancel-bank")
@exits
def cancel_bank(issuer: Ref = "", as_json: Json = False) -> None:
    """Cancel the change of bank details that waits. All staff are told."""
    app = open_app()
    with app.transaction() as session:
        found = find_issuer(session, ref=issuer)
        bank_changes.cancel(session, issuer=found, actor="cli", now=app.now())
        issuer_id = found.issuer_id
    said({"issuer_id": issuer_id}, f"issuer {issuer_id}: the change of bank details is cancelled", as_json)


@issuers.command("logo")
@exits
def logo(
    issuer: Annotated[str, typer.Argument(help="Issuer id or name.")],
    file: Annotated[
        Path | None, typer.Argument(help="PNG, JPEG, GIF or WebP.", exists=True, dir_okay=False)
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the logo away.")] = False,
    as_json: Json = False,
) -> None:
    """Set the logo that documents, emails and pay pages show, or take it away.

    It is made a PNG of at most 80 x 80 pixels on white. Emails that were sent keep theirs.
    """
    if (file is None) != remove:
        raise typer.BadParameter("give a file, or --remove")
    app = open_app()
    with app.transaction() as session:
        found = find_issuer(session, ref=issuer)
        content = file.read_bytes() if file else b""
        changed = logos.set_logo(session, issuer=found, content=content, actor="cli", now=app.now())
        data = {"issuer_id": found.issuer_id, "changed": changed, "logo": logo_path(found)}
    said(data, f"issuer {data['issuer_id']}: {data['logo'] or 'no logo'}", as_json)


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
