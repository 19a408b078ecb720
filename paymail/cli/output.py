"""What commands ask a person and say when they are done."""

import json
import sys

import typer


def sure(question: str, yes: bool) -> None:
    """Ask a person; a script (no terminal on stdin) is not asked. Aborts when the answer is no."""
    if not yes and sys.stdin.isatty():
        typer.confirm(question, abort=True)


def said(data: dict[str, object], text: str, as_json: bool) -> None:
    """Say what was done, as JSON or in words."""
    typer.echo(json.dumps(data, ensure_ascii=False) if as_json else text)
