"""`paymail preview`: an email as it will be sent, or as it was."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.errors import InvalidInput
from paymail.mail import reader
from paymail.services.letters import previews


class CannotWrite(InvalidInput):
    """The preview's files cannot be written there."""

    code = "cannot_write"


@exits
def preview(
    message_id: int,
    to: Annotated[
        Path | None,
        typer.Option(help="Folder to save the email (email.eml), its HTML, text and attachments in."),
    ] = None,
) -> None:
    """Show an email as it will be or was sent, with its secret pay link. Sends and stores nothing."""
    app = open_app()
    with app.reading() as session:
        seen = previews.see(
            session,
            message_id=message_id,
            writer=app.writer,
            public_url=app.settings.public_url,
            now=app.now(),
        )
    mail = reader.take_apart(seen.mime)
    if to is not None:
        _write(to, seen.mime, mail)
        return
    typer.echo("as it was prepared" if seen.kept else "as it would be sent now", err=True)
    for name, value in (("From", mail.sender), ("To", mail.recipient), ("Subject", mail.subject)):
        typer.echo(f"{name}: {value}")
    typer.echo(f"Date: {mail.date}\n\n{mail.text.rstrip()}")
    for attachment in mail.attachments:
        typer.echo(f"\n[{attachment.filename}: {attachment.content_type}, {len(attachment.content)} bytes]")


def _write(folder: Path, mime: bytes, mail: reader.Mail) -> None:
    # A name inside an email is never a path.
    files = {Path(one.filename).name: one.content for one in mail.attachments}
    files |= {"email.eml": mime, "email.html": mail.html.encode(), "email.txt": mail.text.encode()}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name, content in files.items():
            # The link in it pays. A new file is ours alone, and takes the place of one that leads elsewhere.
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
                file.write(content)
            typer.echo(Path(file.name).replace(folder / name))
    except (OSError, ValueError) as error:
        raise CannotWrite(f"{folder}: {getattr(error, 'strerror', None) or error}") from error
