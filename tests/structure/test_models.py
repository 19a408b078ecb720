"""Every status is in its table of moves, and only declared moves are allowed."""

from enum import StrEnum

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from paymail import models
from paymail.db import schema
from paymail.models import Base, IllegalMove, check_move
from paymail.models.moves import Moves

TABLES: list[tuple[type[StrEnum], Moves[StrEnum]]] = [
    (models.InvoiceStatus, models.STATUS_MOVES),
    (models.PaymentStatus, models.PAYMENT_MOVES),
    (models.MessageState, models.MESSAGE_MOVES),
    (models.AttemptStatus, models.ATTEMPT_MOVES),
    (models.BulkState, models.BULK_MOVES),
    (models.GatewayEventState, models.GATEWAY_EVENT_MOVES),
    (models.RefundStatus, models.REFUND_MOVES),
    (models.DisputeState, models.DISPUTE_MOVES),
    (models.PlanState, models.PLAN_MOVES),
    (models.SavedMethodState, models.SAVED_METHOD_MOVES),
    (models.RecipientState, models.RECIPIENT_MOVES),
    (models.BankChangeState, models.BANK_CHANGE_MOVES),
    (models.ImportFileState, models.IMPORT_FILE_MOVES),
]  # type: ignore[list-item]
NO_STATUS = {
    models.Channel,
    models.ContactOrigin,
    models.ContactRole,
    models.HoldEnd,
    models.HoldOrigin,
    models.HoldReason,
    models.MessageKind,
    models.ObjectionReason,
    models.Role,
}
"""Said once, when the row is written or ended, or free to become any other: no move is refused."""
PAIRS = [(moves, one, other) for kind, moves in TABLES for one in kind for other in kind]


def test_no_status_enum_is_without_its_table() -> None:
    declared = {kind for kind, _moves in TABLES}
    found = {
        value for value in vars(models).values() if isinstance(value, type) and issubclass(value, StrEnum)
    }
    assert found - NO_STATUS == declared


@pytest.mark.parametrize(("kind", "moves"), TABLES)
def test_every_status_has_its_moves(kind: type[StrEnum], moves: Moves[StrEnum]) -> None:
    assert set(moves) == set(kind)
    assert {target for targets in moves.values() for target in targets} <= set(kind)


@pytest.mark.parametrize(("moves", "one", "other"), PAIRS)
def test_only_declared_moves_pass(moves: Moves[StrEnum], one: StrEnum, other: StrEnum) -> None:
    if other in moves[one]:
        check_move(moves, one, other)
    else:
        with pytest.raises(IllegalMove):
            check_move(moves, one, other)


def test_migrations_have_one_head(engine: Engine) -> None:
    assert ScriptDirectory.from_config(schema.config(engine)).get_heads() == [schema.head()]


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_models_and_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_whether_the_schema_is_current_is_asked_beside_somebody_who_writes(engine: Engine) -> None:
    with engine.begin() as writing:
        writing.execute(text("UPDATE alembic_version SET version_num = version_num"))
        assert schema.is_current(engine)
