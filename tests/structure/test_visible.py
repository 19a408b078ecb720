"""No table of an issuer's is forgotten where rows are kept from who may not see every issuer."""

from paymail.models import Base
from paymail.services.access import visible

ELSEWHERE = {
    "api_keys": "read by whoever shows the key, before there is a scope",
    "audit_entries": "only admins of all issuers read it",
    "staff_roles": "whose role is for whom: only admins of all issuers see it",
    "import_profiles": "those of no issuer are everybody's",
    "bulk_sends": "by all of their messages",
    "gateway_customers": "ids at Stripe, which no page shows",
    "requests": "found by a key that the caller chose; what it led to is narrowed itself",
    "suppressions": "of the whole installation: an address that bounces does so for every issuer",
}


def test_every_table_of_an_issuer_is_narrowed_or_says_why_not() -> None:
    lists = [found for name, found in vars(visible).items() if name.startswith("OF_")]
    narrowed = {table.__tablename__ for tables in lists for table in tables}
    known = {*narrowed, *ELSEWHERE}
    found = {
        table.name
        for table in Base.metadata.sorted_tables
        if "issuer_id" in table.columns
        or any(key.column.table.name in {*narrowed, "bulk_sends"} for key in table.foreign_keys)
    }
    assert found - known == set(), "add it to services/access/visible.py"
    assert known - found == {"bulk_sends"}
