"""`paymail issuers wording`: a company's own words in its emails."""

import json
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import Json
from paymail.cli.output import said
from paymail.emails.own_words import PLACEHOLDERS, OwnWords
from paymail.models import Wording
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import wording as wordings
from paymail.services.letters.own_words import words_of

wording = typer.Typer(help="A company's own words in its emails.", no_args_is_help=True)

Issuer = Annotated[str, typer.Argument(help="Issuer id or name.")]
Email = Annotated[str, typer.Argument(help="For example invoice or reminder_firm; `show` lists them.")]
Language = Annotated[str, typer.Argument(help="en, de, fr, ja or ar.")]
Said = Annotated[str | None, typer.Option(help="Replaces this text; '' for paymail's words.")]


@wording.command("show")
@exits
def show(
    issuer: Annotated[str, typer.Argument(help="Issuer id or name; not needed if there is only one.")] = "",
    email: Annotated[str, typer.Option(help="One email, with all its versions.")] = "",
    language: Annotated[str, typer.Option(help="Of that email.")] = "en",
    as_json: Json = False,
) -> None:
    """Show which emails have words of their own; or one email's, with its versions and placeholders."""
    app = open_app()
    with app.reading() as session:
        found = find_issuer(session, ref=issuer)
        if not email:
            own = wordings.overview(session, issuer_id=found.issuer_id)
            rows = [_data(own[place]) for place in sorted(own)]
        else:
            wordings.checked_place(email, language)
            rows = [
                _data(one)
                for one in wordings.versions(
                    session, issuer_id=found.issuer_id, template=email, language=language
                )
            ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        typer.echo(_line(row))
    if email:
        typer.echo(f"placeholders: {', '.join(PLACEHOLDERS[email])}")
    else:
        typer.echo(f"emails: {', '.join(PLACEHOLDERS)}")


@wording.command("set")
@exits
def set_(
    issuer: Issuer,
    email: Email,
    language: Language,
    subject: Said = None,
    preheader: Said = None,
    opening: Said = None,
    closing: Said = None,
    as_json: Json = False,
) -> None:
    """Save texts as a new version, used from now on; a text that is not given stays as it is.

    Placeholders are written as {{ number }}. Emails that wait are written with it; those that were sent stay.
    """
    typed = {"subject": subject, "preheader": preheader, "opening": opening, "closing": closing}
    given = {part: text for part, text in typed.items() if text is not None}
    app = open_app()
    with app.transaction() as session:
        found = find_issuer(session, ref=issuer)
        present = wordings.words_at(
            session, issuer_id=found.issuer_id, template=email, language=language, version=None
        )
        made = wordings.save(
            session,
            issuer=found,
            template=email,
            language=language,
            words=OwnWords(**present.parts | given),
            rules=app.writer,
            actor="cli",
            now=app.now(),
        )
        _said(found.issuer_id, made, as_json)


@wording.command("back")
@exits
def back(
    issuer: Issuer,
    email: Email,
    language: Language,
    version: Annotated[
        int, typer.Argument(help="As `show --email` lists them; 0 is paymail's words.", min=0, max=1_000_000)
    ],
    as_json: Json = False,
) -> None:
    """Use the texts of an earlier version again, or paymail's words, as a new version."""
    app = open_app()
    with app.transaction() as session:
        found = find_issuer(session, ref=issuer)
        made = wordings.go_back(
            session,
            issuer=found,
            template=email,
            language=language,
            version=version,
            rules=app.writer,
            actor="cli",
            now=app.now(),
        )
        _said(found.issuer_id, made, as_json)


def _said(issuer_id: int, made: Wording | None, as_json: bool) -> None:
    data: dict[str, object] = {"issuer_id": issuer_id, "version": made.version if made else None}
    what = f"{made.template}, {made.language}: version {made.version}" if made else "nothing changed"
    said(data, f"issuer {issuer_id}: {what}", as_json)


def _data(row: Wording) -> dict[str, object]:
    return {
        "email": row.template,
        "language": row.language,
        "version": row.version,
        "saved": row.at.isoformat(timespec="minutes"),
        "by": row.actor,
        **words_of(row).parts,
    }


def _line(row: dict[str, object]) -> str:
    head = f"{row['email']}, {row['language']}, version {row['version']}, {row['saved']}, {row['by']}"
    texts = [f"  {part}: {row[part]!r}" for part in OwnWords().parts if row[part]]
    return "\n".join([head, *texts])
