"""The `paymail` command."""

from paymail.cli.root import cli

__all__ = ["cli"]
