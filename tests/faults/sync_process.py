"""`paymail sync` in a process of its own, forked from one that has imported everything: it starts quickly."""

import importlib
import multiprocessing
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

from paymail.cli import cli

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])
for _name in (
    "paymail.cli.sync",
    "paymail.cli.root",
    "alembic.config",
    "alembic.command",
    "kombu.transport.filesystem",
):
    importlib.import_module(_name)


def start(arguments: list[str], variables: dict[str, str], said: Path) -> BaseProcess:
    """Start `paymail` with these arguments and this environment; what it says goes into a file."""
    process = _PROCESSES.Process(target=_work, args=(arguments, variables, str(said)))
    process.start()
    return process


def _work(arguments: list[str], variables: dict[str, str], said: str) -> None:
    os.environ.clear()
    os.environ.update(variables)
    file = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    cli(arguments)
