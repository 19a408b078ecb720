"""No table of an issuer's is forgotten where rows are kept from who may not see every issuer."""

from paymail.models import Base
from paymail.services.access import visible

ELSEWHERE = {
    "api_keys": "read by whoever shows the key, before there is a scope",
    "staff_roles": "whose role is for whom: only admins of all issuers see it",
    "import_profiles": "those of no issuer are everybody's",
    "gateway_customers": "ids at Stripe, which no page shows",
}


def test_every_table_of_an_issuer_is_narrowed_or_says_why_not() -> None:
    listed = (*visible.OF_ISSUER, *visible.OF_INVOICE, *visible.OF_CUSTOMER, *visible.OF_IMPORT)
    narrowed = {table.__tablename__ for table in listed}
    naming = {"issuer_id", "invoice_id", "customer_id", "import_id"}
    found = {table.name for table in Base.metadata.sorted_tables if naming & set(table.columns.keys())}
    assert found - narrowed - set(ELSEWHERE) == set(), "add it to services/access/visible.py"
    assert set(ELSEWHERE) - found == set()
