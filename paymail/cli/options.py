"""Options and arguments that several commands take."""

from typing import Annotated

import typer

At = Annotated[
    str, typer.Option(help="When: 2026-03-12T09:00 (the issuer's local time) or `next business morning`.")
]


Json = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


Amount = Annotated[str, typer.Argument(help="In major units, such as 82.50.")]


Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


Key = Annotated[str, typer.Option(help="A word of yours: with the same one it is done once.")]
