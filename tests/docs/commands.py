"""The page of every command, its arguments and its options, as the command line itself knows them."""

import re
from collections.abc import Iterator
from typing import Any

import typer

from paymail.cli import cli

HEAD = """# Commands

Every command, with its arguments and options. `paymail COMMAND --help` prints the same. The commands read the
[settings](../settings.md), and find a running `paymail up` through their data folder (`PAYMAIL_DATA_DIR`).

| Exit code | What it means |
|---|---|
| 0 | Done |
| 1 | It failed, or was refused; one line on stderr says why |
| 2 | The command line is wrong, or a file cannot be read |
| 3 | The settings are not valid, contradict each other, or name no database |
| 4 | Partly done: some rows of an import were skipped, or the books and Stripe differ |

With `--json` a command prints one JSON value on stdout. Progress and faults go to stderr.
"""


def page() -> str:
    """Return the page."""
    return HEAD + "".join(_sections(typer.main.get_command(cli), None, "paymail", 1))


def _sections(command: Any, parent: Any, name: str, level: int) -> Iterator[str]:
    # The root knows its commands by name and help only, until they are loaded.
    command = command.load() if hasattr(command, "load") else command
    context = command.context_class(command, info_name=name, parent=parent)
    if level > 1:
        yield f"\n{'#' * level} `{context.command_path}`\n\n{_prose(command.help)}\n"
    if hasattr(command, "commands"):
        if level > 1 and command.invoke_without_command:
            yield from _use(command, context)
        # In a group their order is that of imports, which may have come about in another way.
        for child in sorted(command.commands) if level > 1 else command.commands:
            yield from _sections(command.commands[child], context, child, min(level + 1, 3))
    else:
        yield from _use(command, context)


def _use(command: Any, context: Any) -> Iterator[str]:
    # A group that is a command itself has its other commands below.
    pieces = [] if hasattr(command, "commands") else command.collect_usage_pieces(context)
    yield f"\n```text\n{' '.join([context.command_path, *pieces])}\n```\n"
    yield from _parameters(command, context)
    if command.epilog:
        yield "\n```bash\n" + "\n".join(command.epilog.split("\n\n")[1:]) + "\n```\n"


def _parameters(command: Any, context: Any) -> Iterator[str]:
    rows = [found for p in command.params if (found := p.get_help_record(context)) is not None]
    if not rows:
        return
    yield "\n| Argument or option | What it does |\n|---|---|\n"
    for signature, explained in rows:
        yield f"| {_code(signature)} | {_cell(explained)} |\n"


def _code(signature: str) -> str:
    # A bar would end the column, and readers of Markdown disagree on how to escape it inside code.
    return f"`{_one_line(signature).replace('|', ', ')}`"


def _cell(text: str) -> str:
    """Escape what Markdown would read as HTML or as a column."""
    return _one_line(text).translate({ord("|"): "&#124;", ord("<"): "&lt;", ord(">"): "&gt;"})


def _prose(text: str | None) -> str:
    paragraphs = re.split(r"\n\s*\n", (text or "").strip())
    return "\n\n".join(_one_line(paragraph) for paragraph in paragraphs)


def _one_line(text: str) -> str:
    return " ".join(text.split())
