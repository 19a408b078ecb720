"""The group of commands `paymail invoices`."""

import typer

group = typer.Typer(help="Invoices.", no_args_is_help=True)
