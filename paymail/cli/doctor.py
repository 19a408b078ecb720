"""`paymail doctor`: what is wrong with this installation, and what to do about it."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paymail.checks import CHECKS, Check, Finding, Subject, Verdict, examine
from paymail.cli.context import FAILURE, exits, open_app
from paymail.wiring import UnusableDataFolder

_COLOURS = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.FAILED: "bold red",
    Verdict.NOT_ASKED: "dim",
}


@exits
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON value to stdout.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Run this check only, with those that it needs; may be repeated."),
    ] = None,
) -> None:
    """Check settings, database, broker, workers, mail, Stripe and DNS, without changing anything.

    Exit codes: 0 nothing failed, 1 something failed, 3 the settings contradict each other.
    """
    findings = _examined(chosen(only or []))
    failed = sum(1 for finding in findings if finding.verdict is Verdict.FAILED)
    if as_json:
        typer.echo(
            json.dumps({"failed": failed, "checks": [asdict(f) for f in findings]}, ensure_ascii=False)
        )
    elif (console := Console()).is_terminal:
        console.print(as_table(findings))
    else:
        for finding in findings:
            typer.echo(line(finding))
    if failed:
        raise typer.Exit(FAILURE)


def chosen(names: list[str]) -> list[Check]:
    """Return the checks of these names with those that they need; all of them without names."""
    known = {check.name: check for check in CHECKS}
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(f"no check {unknown[0]!r}; the checks are: {', '.join(known)}")
    wanted = {need for name in names for need in (name, *known[name].needs)}
    return [check for check in CHECKS if check.name in wanted or not names]


def _examined(checks: list[Check]) -> list[Finding]:
    try:
        app = open_app(migrate=False, new_database=True)  # its absence is a finding
    except UnusableDataFolder as error:
        # Before there is an App there is only its folder.
        return [
            Finding("data folder", Verdict.FAILED, str(error), "set PAYMAIL_DATA_DIR to a writable folder")
        ]
    findings = examine(Subject(app), checks)
    app.close()
    return findings


def line(finding: Finding) -> str:
    """Return a finding as one line."""
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{finding.verdict:9} {finding.check:15} {finding.found}{remedy}"


def as_table(findings: list[Finding]) -> Table:
    """Return findings as a table for a terminal."""
    table = Table("", "check", "found", "what to do", box=None)
    for finding in findings:
        # As Text: what a server said must not be read as markup.
        table.add_row(
            Text(finding.verdict, _COLOURS[finding.verdict]),
            Text(finding.check),
            Text(finding.found),
            Text(finding.remedy),
        )
    return table
