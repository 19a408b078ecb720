"""`paymail profiles`: how the files of other systems are read."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from paymail.cli.context import exits, open_app
from paymail.observability import one_line
from paymail.services.core.issuers import find_issuer
from paymail.services.imports import saved_profiles
from paymail.services.imports.profiles import BUILT_IN, OWN
from paymail.services.imports.profiles.definition import LARGEST, BadProfile, profile_of, read_definition
from paymail.services.imports.profiles.written_definition import as_toml, written

group = typer.Typer(
    help="How other systems' files are read: built-in profiles, and your own.", no_args_is_help=True
)


@group.command("list")
@exits
def list_(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List the profiles: paymail's own columns, the built-in ones, and those that were saved."""
    app = open_app()
    built_in = [(OWN, "paymail's own columns"), *((one.name, one.title) for one in BUILT_IN)]
    rows: list[dict[str, Any]] = [
        {"name": name, "title": title, "built_in": True, "issuer_id": None, "fault": ""}
        for name, title in built_in
    ]
    with app.reading() as session:
        for saved in saved_profiles.listed(session):
            row: dict[str, Any] = {
                "name": saved.name,
                "title": "",
                "built_in": False,
                "issuer_id": saved.issuer_id,
                "fault": "",
            }
            try:
                row["title"] = profile_of(saved.name, saved_profiles.definition_of(saved)).title
            except BadProfile as error:
                row["fault"] = str(error)
            rows.append(row)
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        whose = "" if row["built_in"] else f"  (issuer {row['issuer_id'] or 'any'})"
        fault = f"  not usable: {one_line(row['fault'])}" if row["fault"] else ""
        typer.echo(f"{row['name']:20} {row['title']}{whose}{fault}")


@group.command()
@exits
def show(name: str) -> None:
    """Print a profile as TOML: as it was saved, or a built-in one to begin with."""
    app = open_app()
    for one in BUILT_IN:
        if one.name == name:
            typer.echo(as_toml(written(one)), nl=False)
            return
    with app.reading() as session:
        typer.echo(as_toml(saved_profiles.definition_of(saved_profiles.get(session, name=name))), nl=False)


@group.command()
@exits
def save(
    name: str,
    file: Annotated[Path, typer.Option("--from", help="A file of TOML.")],
    issuer: Annotated[
        str, typer.Option(help="Whose files it is for, by id or name; everybody's if not given.")
    ] = "",
) -> None:
    """Save a profile of your own, in place of one of that name."""
    app = open_app()
    try:
        with file.open("rb") as opened:
            definition = read_definition(opened.read(LARGEST + 1))
    except OSError as error:
        raise BadProfile(f"cannot read {one_line(str(file))}: {error.strerror}") from error
    with app.transaction() as session:
        issuer_id = find_issuer(session, ref=issuer).issuer_id if issuer else None
        saved_profiles.save(session, name=name, definition=definition, issuer_id=issuer_id, now=app.now())
    typer.echo(f"saved the profile {name}; try it with paymail import FILE --profile {name} --dry-run")


@group.command()
@exits
def remove(name: str) -> None:
    """Remove a profile of your own. What was imported by it stays."""
    app = open_app()
    with app.transaction() as session:
        saved_profiles.remove(session, name=name)
    typer.echo(f"the profile {name} was removed")
