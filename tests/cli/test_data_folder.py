"""What lies in the data folder is for its owner, and for one `paymail up` at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from paymail.cli import folder_lock
from tests.cli.running import run
from tests.conftest import environment, free_port


def test_two_up_on_one_folder_are_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(tmp_path))
    with folder_lock.held(tmp_path):
        said = run("up", "--port", str(free_port()), expect=1).output
    assert said.startswith("paymail: another `paymail up` is running on ")
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "runtime.json").exists()
    with folder_lock.held(tmp_path):
        pass


def test_what_is_written_is_for_its_owner_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for command in (
        ["db", "upgrade"],
        ["import", "paymail/sample/host_invoices.csv"],
        ["invoices", "send", "502"],
        ["tick"],
    ):
        subprocess.run(
            [sys.executable, "-m", "paymail", *command],
            env=environment(folder),
            check=True,
            capture_output=True,
            preexec_fn=lambda: os.umask(0) and None,
        )
    found = [folder, *folder.rglob("*")]
    assert {"paymail.db", "bus"} < {path.name for path in found}
    assert any(path.suffix == ".eml" for path in found)
    open_to_others = [path for path in found if path.stat().st_mode & 0o077]
    assert open_to_others == []
