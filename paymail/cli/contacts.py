"""`paymail contacts`: who gets a customer's emails beside the customer."""

import json
from typing import Annotated, Any

import typer

from paymail.cli.context import exits, open_app
from paymail.models import Contact, ContactRole
from paymail.services.customers import contacts
from paymail.services.customers.contacts import NewContact
from paymail.services.letters.kind import Group

group = typer.Typer(help="Further recipients of a customer's emails.", no_args_is_help=True)


@group.command("list")
@exits
def list_(customer_id: int, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List a customer's contacts, oldest first."""
    app = open_app()
    with app.reading() as session:
        rows = [_row(one) for one in contacts.listed(session, customer_id=customer_id)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row['contact_id']:>6}  {row['role']:3}  {row['email']}  {', '.join(row['gets'])}")


@group.command()
@exits
def add(
    customer_id: int,
    email: str,
    role: Annotated[ContactRole, typer.Option(help="How emails name the address.")] = ContactRole.CC,
    gets: Annotated[
        list[Group] | None,
        typer.Option("--gets", help="Which emails it gets; repeat for several. Default: all."),
    ] = None,
) -> None:
    """Add a contact. Emails that wait to be sent go to it too."""
    app = open_app()
    asked = NewContact(email, role, frozenset(gets or Group))
    with app.transaction() as session:
        found = contacts.add(session, customer_id=customer_id, asked=asked, actor="cli", now=app.now())
        typer.echo(f"{found.email} is contact {found.contact_id} of customer {customer_id}")


@group.command()
@exits
def remove(customer_id: int, contact_id: int) -> None:
    """Remove a contact. It gets none of the customer's emails any more."""
    app = open_app()
    with app.transaction() as session:
        contacts.remove(session, customer_id=customer_id, contact_id=contact_id, actor="cli", now=app.now())
    typer.echo(f"contact {contact_id} of customer {customer_id} was removed")


def _row(one: Contact) -> dict[str, Any]:
    return {
        "contact_id": one.contact_id,
        "email": one.email,
        "role": one.role.value,
        "gets": [group.value for group in contacts.groups_of(one)],
        "set_by": one.origin.value,
    }
