"""Running a command in this process: each new one would cost a second or more."""

from typer.testing import CliRunner, Result

from paymail.cli import cli


def run(*arguments: str, expect: int = 0) -> Result:
    """Run `paymail` with these arguments; it must exit with `expect`."""
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == expect, done.output
    return done
