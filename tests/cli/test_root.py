"""Every command is where the table says, with the help that it says; and help comes without what it does."""

import inspect
import subprocess
import sys
from importlib import import_module

import pytest
import typer
from typer.testing import CliRunner

from paymail import __version__
from paymail.cli import cli
from paymail.cli.root import PLACES


@pytest.mark.parametrize("name", PLACES)
def test_a_command_is_found_and_says_what_its_list_says(name: str) -> None:
    place = PLACES[name]
    found = getattr(import_module(f"paymail.cli.{place.module}"), place.name)
    told = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found) or ""
    assert " ".join(told.split("\n\n")[0].split()) == place.help
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0
    assert f"paymail {name} " in shown.stdout


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_list_and_the_version_come_without_what_the_commands_need(option: str) -> None:
    heavy = ("sqlalchemy", "celery", "fastapi", "weasyprint", "alembic", "stripe", "paymail.wiring")
    asked = f"import sys; from paymail.cli import cli\ntry: cli(['{option}'])\nexcept SystemExit: pass\n"
    asked += f"sys.exit(str([name for name in {heavy} if name in sys.modules] or ''))"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.strip() == ""
    if option == "--version":
        assert done.stdout == f"paymail {__version__}\n"
        return
    for name in PLACES:
        assert f" {name} " in done.stdout


@pytest.mark.parametrize("arguments", [["db", "check"], ["invoices", "list"]])
def test_a_command_that_prints_no_pdf_and_serves_no_page_imports_neither(
    arguments: list[str], tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PAYMAIL_EMBEDDED", "1")
    subprocess.run([sys.executable, "-m", "paymail", "db", "upgrade"], check=True, capture_output=True)
    asked = f"import sys; from paymail.cli import cli\ntry: cli({arguments})\nexcept SystemExit: pass\n"
    asked += "sys.exit(str([n for n in ('fastapi', 'weasyprint', 'alembic') if n in sys.modules] or ''))"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr.strip() == ""
