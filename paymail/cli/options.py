"""Options and arguments that several commands take."""

from typing import Annotated

import typer

At = Annotated[
    str, typer.Option(help="When: 2026-03-12T09:00 (the issuer's local time) or `next business morning`.")
]


Json = Annotated[bool, typer.Option("--json", help="Print one JSON value to stdout.")]


Amount = Annotated[str, typer.Argument(help="Amount in major units, for example 82.50.")]


Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


Key = Annotated[
    str, typer.Option(help="Idempotency key: repeating a command with the same key has no further effect.")
]
