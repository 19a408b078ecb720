"""Reads a tutorial, and does it: what its readers type, what they see, and its pictures."""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from paymail.cli import cli
from tests.conftest import ROOT
from tests.journeys.conftest import Up

FIRST_MONTH = ROOT / "docs" / "tutorial" / "your-first-month.md"
LOOKING = re.compile(r"paymail (\w+ (list|show|explain|link)|preview|forecast|reconcile|doctor)\b")
"""Commands that change nothing and may be asked again, until the workers are done."""
TIMEOUT = 120.0
_PART = re.compile(r"^```(console|bash)\n(.*?)^```$|^!\[[^\n]*/([^\n/]*\.png)\)$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """A command with the lines that it should print, a `script` that is pasted whole, or a `picture`."""

    command: str = ""
    shown: tuple[str, ...] = ()
    script: str = ""
    picture: str = ""


def steps(page: Path) -> list[Step]:
    """Return the page's steps: `console` blocks line by line, `bash` blocks whole, no other blocks."""
    found: list[Step] = []
    for kind, body, picture in _PART.findall(page.read_text()):
        if picture:
            found.append(Step(picture=picture))
        elif kind == "bash":
            found.append(Step(script=body))
        else:
            found += [Step(command, tuple(shown.splitlines())) for command, shown in _COMMAND.findall(body)]
    return found


def missing(shown: tuple[str, ...], printed: str) -> str:
    """Return the first line that was not printed, in this order, or an empty text.

    `…` stands for anything in a line, and alone for any lines. Spaces between columns may differ.
    """
    lines = iter([" ".join(line.split()) for line in printed.splitlines()])
    for line in shown:
        wanted = re.compile(r".*?".join(re.escape(" ".join(part.split())) for part in line.split("…")))
        if line.strip() != "…" and not any(wanted.search(candidate) for candidate in lines):
            return line
    return ""


def follow(step: Step, up: Up) -> None:
    """Do a step as often as its reader would look; it must end well and print what the page shows."""
    deadline = time.monotonic() + TIMEOUT
    shown = tuple(line.replace(":8025/", f":{up.port}/") for line in step.shown)
    while True:
        code, printed = _run(step, up)
        absent = missing(shown, printed)
        if code == 0 and not absent:
            return
        again = LOOKING.match(step.command) and time.monotonic() < deadline
        assert again, f"$ {step.command or step.script}\nexit code {code}, not printed: {absent!r}\n{printed}"
        time.sleep(0.2)


def do(page: Path, up: Up, look: Callable[[str], None] = lambda _picture: None) -> int:
    """Do the whole page in the present folder, with `look` where a picture stands; return how many steps."""
    found = steps(page)
    for step in found:
        if step.picture:
            look(step.picture)
        else:
            follow(step, up)
    return len(found)


def _run(step: Step, up: Up) -> tuple[int, str]:
    """Run a command in this process, which is quick, or a script in a shell; return code and output."""
    if step.command:
        program, *arguments = shlex.split(step.command)
        assert program == "paymail", step.command
        done = CliRunner().invoke(cli, arguments)
        fault = done.exception if not isinstance(done.exception, SystemExit) else None
        return done.exit_code, f"{done.output}{fault or ''}"
    there = {**up.environment, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    shell = ["bash", "-euo", "pipefail", "-c", step.script]
    ran = subprocess.run(shell, env=there, capture_output=True, text=True, timeout=30, check=False)
    return ran.returncode, ran.stdout + ran.stderr
