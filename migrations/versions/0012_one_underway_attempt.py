"""One live attempt per invoice, those that wait for the customer among them.

Code of before does not know that state, and must not make a second attempt beside one. The old index goes
when the new one is there: at no moment is there none.
"""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLE = "payment_attempts"
BEFORE, NOW = "uq_payment_attempts_live", "uq_payment_attempts_underway"


def upgrade() -> None:
    where = "status IN ('creating', 'open', 'waiting', 'withdrawing', 'processing')"
    build_index(NOW, TABLE, ["invoice_id"], unique=True, where=where)
    drop_index(BEFORE, TABLE)


def downgrade() -> None:
    where = "status IN ('creating', 'open', 'withdrawing', 'processing')"
    build_index(BEFORE, TABLE, ["invoice_id"], unique=True, where=where)
    drop_index(NOW, TABLE)
