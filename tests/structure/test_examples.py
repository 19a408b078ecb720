"""Every command's help ends in examples, and each is one that the command line takes."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from paymail.cli import cli
from paymail.cli.examples import EXAMPLES, HEAD, lines_of


def commands(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command with its words; a group that is a command itself too."""
    command = command or typer.main.get_command(cli)
    command = command.load() if hasattr(command, "load") else command
    children = getattr(command, "commands", {})
    if not children or (words and command.invoke_without_command):
        yield " ".join(words), command
    for name, child in children.items():
        yield from commands(child, (*words, name))


FOUND = dict(commands())


def test_examples_are_of_commands_that_there_are() -> None:
    assert set(EXAMPLES) <= set(FOUND)


@pytest.mark.parametrize("words", sorted(FOUND))
def test_a_command_has_examples_that_its_own_parser_takes(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logo.png").touch()  # only this one must be there to be given
    command = FOUND[words]
    assert (command.epilog or "").startswith(f"{HEAD}:"), f"add {words!r} to paymail/cli/examples.py"
    for line in lines_of(words):
        assert line in command.epilog
        given = shlex.split(line)[1 + len(words.split()) :]
        parsed = command.make_context(words, given)
        assert parsed.args == []
