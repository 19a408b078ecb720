"""What the pages tell their readers to type exists, with these options; so do Stripe's events."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from paymail.cli import cli
from paymail.services.payments.webhook_inbox import USED_EVENTS
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[list[str]]:
    """Return the arguments of every `paymail` command that stands in a block of its own."""
    lines = "\n".join(BLOCK.findall(page.read_text())).splitlines()
    typed = [line.removeprefix("$ ").removeprefix("paymail ") for line in lines if "paymail " in line[:10]]
    typed = [line for line in typed if re.match(r"[a-z-]+( |$)", line)]
    return [shlex.split(re.sub(r"[\[\]]", "", line), comments=True) for line in typed]


def check(arguments: list[str]) -> None:
    """Raise AssertionError if there is no such command, or it has no such option."""
    command: Any = typer.main.get_command(cli)
    while hasattr(command, "commands") and not (command.invoke_without_command and _is_whole(arguments)):
        name, *arguments = arguments
        assert name in command.commands, f"there is no command {name}"
        command = command.commands[name]
        command = command.load() if hasattr(command, "load") else command
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    unknown = [word for word in arguments if word.startswith("--") and word not in known]
    assert unknown == [], f"{command.name} has no {unknown}"


def _is_whole(arguments: list[str]) -> bool:
    """Whether no command of a group follows: `paymail sync --accept` is one itself."""
    return not arguments or arguments[0].startswith("-")


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda page: page.name)
def test_commands_are_there_with_their_options(page: Path) -> None:
    for arguments in commands(page):
        check(arguments)


def test_a_wrong_option_is_noticed() -> None:
    with pytest.raises(AssertionError, match="--nowhere"):
        check(["invoices", "list", "--nowhere"])
    with pytest.raises(AssertionError, match="lists"):
        check(["invoices", "lists"])


@pytest.mark.parametrize("name", ["README.md", "docs/how-to/stripe-connect.md"])
def test_the_events_to_subscribe_to_are_those_that_are_used(name: str) -> None:
    blocks = [block.split() for block in BLOCK.findall((ROOT / name).read_text())]
    listed = next(words for words in blocks if "payment_intent.succeeded" in words)
    assert sorted(listed) == sorted(USED_EVENTS)
