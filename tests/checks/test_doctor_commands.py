"""`paymail doctor` and `paymail keys` from outside."""

import json
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from paymail.checks import Finding, Verdict
from paymail.cli.doctor import as_table
from tests.conftest import environment, free_port


def paymail(folder: Path, *arguments: str, expect: int = 0, **more: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "paymail", *arguments],
        env=environment(folder, **more),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout, done.stderr


def test_an_installation_that_never_ran_fails_with_what_to_do(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    more = {"PAYMAIL_PUBLIC_URL": nowhere, "PAYMAIL_SANDBOX_URL": nowhere}
    out, _ = paymail(tmp_path / "data", "doctor", "--json", expect=1, **more)
    found = json.loads(out)
    verdicts = {one["check"]: one["verdict"] for one in found["checks"]}
    assert found["failed"] == 2
    assert [
        verdicts[name] for name in ("settings", "database", "workers", "stripe key", "public address")
    ] == [
        "ok",
        "failed",
        "skipped",
        "failed",
        "warning",
    ]
    assert all(one["remedy"] for one in found["checks"] if one["verdict"] in ("failed", "warning"))
    assert not (tmp_path / "data" / "paymail.db").exists()
    lines = paymail(tmp_path / "data", "doctor", expect=1, **more)[0].splitlines()
    assert len(lines) == len(found["checks"])
    assert "\x1b" not in "".join(lines)


def test_settings_that_contradict_each_other_are_exit_code_3(tmp_path: Path) -> None:
    _, err = paymail(tmp_path, "doctor", expect=3, PAYMAIL_STRIPE_SECRET_KEY="sk_live_Very1Secret")
    assert "mix live and test" in err
    assert "Very1Secret" not in err


def test_a_folder_that_cannot_be_made_is_a_finding_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    out, err = paymail(tmp_path / "file" / "data", "doctor", expect=1)
    assert out.startswith("failed    data folder")
    assert "Traceback" not in err


def test_a_terminal_gets_a_table_in_which_nothing_is_markup() -> None:
    findings = [Finding("mail", Verdict.FAILED, "said [bold]554[/bold]", "ask")]
    console = Console(force_terminal=True, width=100, record=True)
    with console.capture() as capture:
        console.print(as_table(findings))
    assert "said [bold]554[/bold]" in console.export_text() + capture.get()


def test_one_check_can_be_asked_alone_with_what_it_needs(tmp_path: Path) -> None:
    paymail(tmp_path / "data", "db", "upgrade")
    out, _ = paymail(tmp_path / "data", "doctor", "--only", "workers", "--json", expect=1)
    found = {one["check"]: one["verdict"] for one in json.loads(out)["checks"]}
    assert found == {"database": "ok", "workers": "failed"}
    _, err = paymail(tmp_path / "data", "doctor", "--only", "wrokers", expect=2)
    assert "stripe key" in err
