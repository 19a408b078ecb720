"""Commands that are imported when they are asked for: all of them at once take seconds."""

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from paymail.cli import examples


class Place(NamedTuple):
    """Where a command is: a module of this package, and a function or a group in it; and its help."""

    module: str
    name: str
    help: str


class Deferred(TyperCommand):
    """A command that is known by name and help until it is run or completed."""

    def __init__(self, name: str, place: Place) -> None:
        super().__init__(name, help=place.help)
        self._place = place

    def load(self) -> Any:
        """Import the command and return it."""
        found = getattr(importlib.import_module(f"paymail.cli.{self._place.module}"), self._place.name)
        if isinstance(found, typer.Typer):
            loaded: Any = typer.main.get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(self.name)(found)
            loaded = typer.main.get_command(alone)
        examples.add(loaded, str(self.name))
        return loaded

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> Any:
        """Return the context of the real one, which takes over from here."""
        return self.load().make_context(info_name, args, *more, **extra)


def deferred(places: dict[str, Place]) -> type[TyperGroup]:
    """Return a kind of group that has these commands."""

    class Commands(TyperGroup):
        def __init__(self, **more: Any) -> None:
            commands = {name: Deferred(name, place) for name, place in places.items()}
            super().__init__(**{**more, "commands": commands})

    return Commands
