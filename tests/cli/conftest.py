"""What tests of the commands share."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from paymail.settings import Settings
from paymail.wiring import App, build
from tests.factories import make_invoice


@pytest.fixture
def commands(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """An application without rows, and its folder as the commands' own."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(folder))
    shutil.copy(sqlite_template, folder / "paymail.db")
    found = build(Settings(data_dir=folder))
    yield found
    found.close()


@pytest.fixture
def two_invoices(commands: App) -> App:
    """Invoices 502 (AUD 82.50) and 503 (JPY 8250); the commands work on them."""
    with commands.transaction() as session:
        make_invoice(session)
        make_invoice(session, invoice_id=503, currency="JPY", name="Kiosk")
    return commands
