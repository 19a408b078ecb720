"""`paymail import` on the embedded database, beside others who write."""

import pytest
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.wiring import App
from tests.cli.running import run
from tests.conftest import SAMPLE


def count(app: App) -> int:
    with app.reading() as session:
        return session.scalar(select(func.count()).select_from(Invoice)) or 0


def test_a_dry_run_says_what_would_be_imported_and_writes_nothing(commands: App) -> None:
    assert "would import 502 of 502 invoices" in run("import", str(SAMPLE), "--dry-run").stdout
    assert count(commands) == 0


def test_a_dry_run_takes_its_turn_before_it_reads(commands: App) -> None:
    # A transaction that reads first and writes later fails at once when somebody else wrote in between.
    impatient = create_engine(commands.engine.url, connect_args={"timeout": 0})
    with commands.dry_run() as session:
        session.execute(select(Invoice.invoice_id)).all()
        with Session(impatient) as other, pytest.raises(OperationalError, match="locked"):
            other.execute(text("UPDATE alembic_version SET version_num = version_num"))
    impatient.dispose()
    assert count(commands) == 0
