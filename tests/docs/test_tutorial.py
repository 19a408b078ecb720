"""The tutorial goes as written: its commands are run in order, and print what it says they print."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.tutorial import FIRST_MONTH, do, missing
from tests.journeys.conftest import Up


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """What `make run` starts."""
    (tmp_path / "data").mkdir()
    found = Up(tmp_path / "data")
    try:
        yield found.wait()
    finally:
        found.stop()


def test_the_first_month_goes_as_written(up: Up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PAYMAIL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(up.folder))
    assert do(FIRST_MONTH, up) > 30


def test_output_that_differs_is_noticed() -> None:
    printed = "payment 1   AUD 165.00\nbalance AUD 0.00\n"
    assert missing(("payment 1 … 165.00", "…", "balance AUD 0.00"), printed) == ""
    assert missing(("balance AUD 0.00", "payment 1"), printed) == "payment 1"
    assert missing(("balance AUD 1.00",), printed) == "balance AUD 1.00"
