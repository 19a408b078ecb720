"""The host's ids are unique among an issuer's; customers are found by the key of their name."""

from collections.abc import Sequence

from paymail.db.indexes import build_index, drop_index

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

GIVEN = "external_ref IS NOT NULL"


def upgrade() -> None:
    columns = ["issuer_id", "external_ref"]
    build_index("uq_invoices_external_ref", "invoices", columns, unique=True, where=GIVEN)
    build_index("uq_customers_external_ref", "customers", columns, unique=True, where=GIVEN)
    build_index("ix_customers_name_key", "customers", ["issuer_id", "name_key"])


def downgrade() -> None:
    drop_index("ix_customers_name_key", "customers")
    drop_index("uq_customers_external_ref", "customers")
    drop_index("uq_invoices_external_ref", "invoices")
