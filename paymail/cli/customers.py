"""`paymail customers`: change an address or a language, merge two, write a statement, erase personal data."""

from datetime import datetime as Day
from pathlib import Path
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.preview import CannotWrite
from paymail.i18n import language_of
from paymail.services.customers import addresses, erasure, languages, merger
from paymail.services.letters import statements

_DAYS = ["%Y-%m-%d"]
group = typer.Typer(help="Customers.", no_args_is_help=True)


@group.command("set-email")
@exits
def set_email(customer_id: int, address: str) -> None:
    """Change a customer's email address. Queued emails go there; reminders held after a bounce resume."""
    app = open_app()
    with app.transaction() as session:
        waiting = addresses.change_email(
            session, customer_id=customer_id, address=address, actor="cli", now=app.now()
        )
    typer.echo(
        f"customer {customer_id} now has the address {address.strip()}; {waiting} queued email(s) go there"
    )


@group.command("set-locale")
@exits
def set_locale(customer_id: int, locale: str) -> None:
    """Set a customer's locale, for example de-AT: language, amounts, dates. "" restores the issuer's."""
    app = open_app()
    with app.transaction() as session:
        used = languages.set_locale(session, customer_id=customer_id, tag=locale)
    typer.echo(f"customer {customer_id} has the locale {used} and is emailed in {language_of(used)}")


@group.command()
@exits
def merge(
    customer_id: int,
    into: Annotated[int, typer.Option(help="The customer that stays.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Merge a customer into another one, which gets its invoices and contacts. This cannot be undone."""
    app = open_app()
    if not yes:
        with app.reading() as session:
            found = merger.preview(session, customer_id=customer_id, into=into)
            typer.echo(f"merges  {customer_id}: {found.goes.name}, {found.goes.email}", err=True)
            typer.echo(f"into    {into}: {found.stays.name}, {found.stays.email}", err=True)
        typer.confirm(f"Move {found.invoices} invoice(s), {found.owed} unpaid?", abort=True, err=True)
    with app.transaction() as session:
        done = merger.merge(session, customer_id=customer_id, into=into, actor="cli", now=app.now())
    typer.echo(
        f"customer {customer_id} is merged into {into}: {done.invoices} invoice(s) moved,"
        f" {done.emails} queued email(s) go to the new address"
    )


@group.command()
@exits
def statement(
    customer_id: int,
    to: Annotated[Path, typer.Option(help="The PDF to write.")],
    day: Annotated[Day | None, typer.Option(formats=_DAYS, help="Last day; today if omitted.")] = None,
    since: Annotated[
        Day | None, typer.Option(formats=_DAYS, help="First day; 90 days earlier if omitted.")
    ] = None,
    currency: Annotated[str, typer.Option(help="Needed where the customer has several.")] = "",
) -> None:
    """Write a customer's statement: what was charged and paid until a day, and what is open then."""
    app = open_app()
    with app.reading() as session:
        document = statements.statement(
            session,
            customer_id=customer_id,
            now=app.now(),
            day=day.date() if day else None,
            since=since.date() if since else None,
            currency=currency.upper(),
            public_url=app.settings.public_url,
        )
    try:
        to.write_bytes(app.pdf.render(document))
    except OSError as error:
        raise CannotWrite(f"{to}: {error.strerror}") from error
    typer.echo(f"{document.balance} open on {document.day}: {to}")


@group.command()
@exits
def erase(
    customer_id: int, yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False
) -> None:
    """Erase a customer's personal data permanently. Invoices, payments and receipts are kept."""
    app = open_app()
    if not yes:
        typer.confirm(
            f"Permanently erase the name, addresses and emails of customer {customer_id}?", abort=True
        )
    with app.transaction() as session:
        erasure.erase_customer(session, customer_id=customer_id, actor="cli", now=app.now())
    typer.echo(f"customer {customer_id} is erased")
